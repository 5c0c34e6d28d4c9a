/**
 * Everything in a guide comes from pages that strangers wrote. Each function makes a text harmless for one place, and for that place only.
 * Control characters and broken surrogates become U+FFFD first: parsers disagree about them.
 */
const unprintable = /(?![\n\r\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

function printable(text: string): string {
  return Buffer.from(text).toString().replace(unprintable, '\uFFFD');
}

const htmlNames: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For element content and quoted attribute values. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => htmlNames[character] ?? '');
}

/** JSON for a `<script>` data block: nothing in it can end the block or begin a comment. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** For running Markdown text on one line: no markup of the text's own, no raw HTML, no autolinked scheme. */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~^$]/g, '\\$&')
    .replace(/^[-=:]/, '\\$&')
    .replace(/^(\d+)\./, '$1\\.')
    .replace(/(?<=https?|ftp|mailto|javascript|data):/gi, '\\:')
    .replace(/(?<=www)\./gi, '\\.')
    .replace(/@/g, '\\@');
}

/** Inline code that shows the text as it is, backticks included. */
export function markdownCode(text: string): string {
  const flat = printable(text).replace(/\s+/g, ' ').trim();
  const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${flat} ${fence}` : `${fence}${flat}${fence}`;
}

/** The address when a person may follow it; undefined for every scheme but http and https. */
export function safeUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed.href : undefined;
}

/** An address for the round brackets of a Markdown link. */
export function markdownHref(href: string): string {
  return href.replace(/[\s()<>\\"'`[\]]/g, (character) =>
    encodeURIComponent(character).replace(/[()']/g, (left) => `%${left.charCodeAt(0).toString(16)}`),
  );
}
