import { apiCodeNames, apiCodes } from './api-codes.ts';
import type { Route } from './route.ts';

/** Table of all error codes, as docs/api.md prints it. */
export function codeTable(): string {
  const rows = apiCodeNames.map((name) => `| \`${name}\` | ${apiCodes[name][0]} | ${apiCodes[name][1]} |`);
  return ['| code | status | meaning, and what to do |', '|---|---|---|', ...rows].join('\n');
}

/** Table of all routes, as docs/api.md prints it. */
export function routeTable(routes: readonly Route[]): string {
  const rows = routes.map(
    ({ method, path, access, document }) => `| \`${method} ${path.replace('+}', '}')}\` | ${access} | ${document.summary} |`,
  );
  return ['| route | access | what |', '|---|---|---|', ...rows].join('\n');
}

/** Puts `text` between the marks `<!-- name -->` and `<!-- /name -->` of a document. */
export function fillMarks(document: string, name: string, text: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = document.indexOf(open);
  const to = document.indexOf(close);
  if (from === -1 || to < from) throw new RangeError(`the document has no ${open} … ${close}`);
  return `${document.slice(0, from + open.length)}\n${text}\n${document.slice(to)}`;
}
