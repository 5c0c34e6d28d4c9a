import { nearby, words } from '../context.ts';
import type { Recognizer } from '../recognizer.ts';

const addressWords = words(
  'ip',
  'ips',
  'ipv4',
  'ipv6',
  'address',
  'addresses',
  'host',
  'client',
  'server',
  'from',
  'peer',
  'gateway',
  'dns',
  'ping',
  'ssh',
  'adresse',
);
const versionWords = words(
  'v',
  'ver',
  'version',
  'versions',
  'release',
  'build',
  'firmware',
  'update',
  'upgrade',
  'driver',
  'chrome',
  'edge',
  'section',
  '§',
  'chapter',
  'clause',
  'step',
  'kapitel',
);

const quad = /(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)/g;

/** Four octets that are not a version, a section number, a network or a loopback. */
export const ipv4: Recognizer = {
  name: 'IPv4',
  kind: 'ip',
  mayHold: (traits) => traits.digitCount >= 4,
  *find(text) {
    for (const match of text.matchAll(quad)) {
      const end = match.index + match[0].length;
      const { before } = nearby(text, match.index, end);
      if (isAddress(match[0], before)) yield { start: match.index, end };
    }
  },
};

function isAddress(found: string, before: string): boolean {
  const octets = found.split('.');
  if (!octets.every((octet) => Number(octet) <= 255 && (octet === '0' || !octet.startsWith('0')))) return false;
  if (/^(?:127\.|0\.0\.0\.0$|255\.255\.)/.test(found)) return false;
  const speaksFor = addressWords.test(before);
  if (!speaksFor && (versionWords.test(before) || /[a-z)]\/$/.test(before))) return false;
  // 2.0.0.0 and 1.2.3.4 are versions and headings far more often than hosts
  const unlikely = found.endsWith('.0.0') || octets.every((octet) => octet.length === 1);
  return speaksFor || !unlikely;
}

const six =
  /(?<![\w:.-])(?=[0-9A-Fa-f:.]{0,45}\d)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?::(?:\d{1,3}\.){3}\d{1,3})?(?:%[\w-]{1,16})?(?![\w:])/g;

/** RFC 4291 text forms, `::` at most once; the unspecified and the loopback address name nobody. */
export const ipv6: Recognizer = {
  name: 'IPv6',
  kind: 'ip',
  mayHold: (traits) => traits.hasColon && traits.digitCount >= 1,
  *find(text) {
    for (const match of text.matchAll(six)) {
      if (isIpv6(match[0].replace(/%.*$/, ''))) yield { start: match.index, end: match.index + match[0].length };
    }
  },
};

function isIpv6(found: string): boolean {
  if (/^[0:]*1?$/.test(found) || found.includes(':::')) return false;
  const halves = found.split('::');
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const count = groups.flat().reduce((sum, group) => sum + (group.includes('.') ? 2 : 1), 0);
  if (groups.flat().some((group) => group === '')) return false;
  return halves.length === 2 ? count >= 2 && count <= 7 : count === 8;
}
