import { nearby, words } from '../context.ts';
import type { Recognizer } from '../recognizer.ts';

const macWords = words('mac', 'bssid', 'ethernet', 'physical', 'hwaddr', 'wlan', 'bluetooth');
const forms = /(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w:.-]\w|\w)/gi;

/** EUI-48 with colons, hyphens or dots; the null and broadcast addresses name nobody. Digits alone need a word for it. */
export const mac: Recognizer = {
  name: 'MAC',
  kind: 'mac',
  mayHold: (traits) => traits.digitCount >= 1,
  *find(text) {
    for (const match of text.matchAll(forms)) {
      const end = match.index + match[0].length;
      const bare = match[0].replace(/[:.-]/g, '').toLowerCase();
      if (/^(?:0+|f+)$/.test(bare)) continue;
      const certain = match[1] === ':' || /[a-f]/.test(bare);
      if (certain || macWords.test(nearby(text, match.index, end).before)) yield { start: match.index, end };
    }
  },
};
