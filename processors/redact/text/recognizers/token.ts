import { entropyBits } from '../checksums.ts';
import { matches, type Recognizer } from '../recognizer.ts';

/** Prefixes that issuers give their secrets so that scanners find them. Lengths are floors: issuers lengthen them. */
const issued = [
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}', // AWS access key id
  'gh[pousr]_[A-Za-z0-9]{30,255}', // GitHub
  'github_pat_[A-Za-z0-9_]{22,255}',
  'gl(?:pat|dt|rt|ptt|ft|soat|cbt|agent|imt|oas|ffct)-[A-Za-z0-9_.=-]{20,255}', // GitLab
  'xox[abeoprs]-[A-Za-z0-9-]{10,255}', // Slack
  'xapp-\\d-[A-Za-z0-9-]{10,255}',
  '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}', // Stripe
  'whsec_[A-Za-z0-9+/=]{24,255}',
  'AIza[A-Za-z0-9_-]{35}', // Google
  'ya29\\.[A-Za-z0-9_-]{20,1000}',
  'GOCSPX-[A-Za-z0-9_-]{20,64}',
  'npm_[A-Za-z0-9]{36,64}',
  'pypi-[A-Za-z0-9_-]{50,255}',
  'sk-(?:ant-|proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,255}', // OpenAI, Anthropic
  'hf_[A-Za-z0-9]{30,64}',
  'SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,64}', // SendGrid
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}',
  'do[opr]_v1_[a-f0-9]{64}',
  'dckr_pat_[A-Za-z0-9_-]{20,64}',
  'hv[sb]\\.[A-Za-z0-9_-]{24,255}', // Vault
  '(?:SK|AC)[0-9a-f]{32}', // Twilio
  'key-[0-9a-f]{32}', // Mailgun
  'EAA[A-Za-z0-9]{60,255}', // Meta
  'sq0(?:atp|csp)-[A-Za-z0-9_-]{22,64}',
  'AGE-SECRET-KEY-1[A-Z0-9]{58}',
  '\\d{8,10}:AA[A-Za-z0-9_-]{33}', // Telegram
];
const issuedPattern = new RegExp(`(?<![A-Za-z0-9_-])(?:${issued.join('|')})(?![A-Za-z0-9_])`, 'g');
const hooks =
  /https:\/\/(?:hooks\.slack\.com\/(?:services|workflows)|discord(?:app)?\.com\/api\/webhooks|[\w-]{1,60}\.webhook\.office\.com)\/([A-Za-z0-9/_@-]{16,255})/g;

/** Documentation's own placeholders. */
const placeholder = /^(?:x{4}|X{4}|\*{4}|\.{3})|(?:x{8}|X{8}|\*{6}|0{12})|EXAMPLE$|your[-_]/i;

export const issuedToken: Recognizer = {
  name: 'issued token',
  kind: 'token',
  mayHold: (traits) => traits.letterRun,
  *find(text) {
    yield* matches(text, issuedPattern, (match) => !placeholder.test(match[0].slice(4)));
    yield* matches(text, hooks);
  },
};

const jwtPattern = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,1800}\.(?:eyJ)?[A-Za-z0-9_-]{2,1800}(?:\.[A-Za-z0-9_-]{0,1800}){0,3}/g;

/** A signed or encrypted JWT (RFC 7515, 7516): its head decodes to an object. */
export const jwt: Recognizer = {
  name: 'JWT',
  kind: 'token',
  mayHold: (traits) => traits.letterRun,
  find: (text) => matches(text, jwtPattern, (match) => /^\{\s*"[a-z]/.test(decode(match[0].split('.')[0] ?? ''))),
};

function decode(base64url: string): string {
  return Buffer.from(base64url.slice(0, 64), 'base64url').toString('latin1');
}

const keyWord =
  '(?:api|access|secret|auth|private|client|account|master|encryption|signing|shared|storage|license|app|session|refresh|bearer|id|csrf|webhook|service)';
const named = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:(?:aws[ _-]?)?${keyWord}[ _-]?(?:access[ _-]?)?(?:key|token|secret|id token)s?(?:[ _-]?(?:id|value))?|token|secret|accountkey|sharedaccesskey|x-api-key|authorization)["']?(?: is)?\\s{0,2}[:=]{1,2}>?\\s{0,2}["'\`]?(?:bearer |basic |token )?([A-Za-z0-9_+/=.~-]{12,512})`,
  'giu',
);
const namedQuoted = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${keyWord}[ _-]?)?(?:key|token|secret)["']?\\s{0,2}[:=]{1,2}>?\\s{0,2}["']([^"'\\s]{12,512})["']`,
  'giu',
);
const headers = /(?<![\p{L}\p{N}])(?:bearer|basic)\s([A-Za-z0-9_+/=.~-]{16,1800})/giu;

/** After a word for a key, or `Bearer`: any value that looks drawn at random. */
export const namedSecret: Recognizer = {
  name: 'named secret',
  kind: 'token',
  mayHold: (traits) => traits.letterRun,
  *find(text) {
    yield* matches(text, namedQuoted, (match) => looksRandom(match[1] ?? ''));
    yield* matches(text, named, (match) => looksRandom(match[1] ?? ''));
    yield* matches(text, headers, (match) => looksRandom(match[1] ?? ''));
  },
};

/** Letters and digits mixed, or both cases and long, with the entropy of a random string; no path, version, date or sentence. */
export function looksRandom(value: string): boolean {
  const plain = value.replace(/=+$/, '');
  if (placeholder.test(plain) || /^[a-z]+([-_.][a-z]+)*$/i.test(plain) || /^\d[\d.,:-]*$/.test(plain)) return false;
  return /\d/.test(plain) && /[A-Za-z]/.test(plain) && entropyBits(plain) >= 3;
}

const beginning = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d/;
const ending = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/** From the first line to the last; to the end of the text when the last line is missing (a field shows only so much). */
export const privateKey: Recognizer = {
  name: 'private key',
  kind: 'private-key',
  mayHold: (traits) => traits.letterRun || traits.hasColon,
  *find(text) {
    const first = beginning.exec(text);
    if (first === null) return;
    const last = ending.exec(text.slice(first.index));
    yield { start: first.index, end: last === null ? text.length : first.index + last.index + last[0].length };
  },
};
