import type { Target } from '../../../schemas/types/capture-event.ts';

/** Selectors of one step: each is a string or a path of strings through shadow roots and frames; the last part names the element. */
export function flattenSelectors(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  return value.map((entry: unknown) => (Array.isArray(entry) ? entry.at(-1) : entry)).filter((entry) => typeof entry === 'string');
}

const roleSuffix = /^(?<name>.*?)(?:\[role="(?<role>[a-z]+)"\])?$/s;
const tagRoles: Readonly<Record<string, string>> = {
  a: 'link',
  button: 'button',
  input: 'textbox',
  option: 'option',
  select: 'combobox',
  textarea: 'textbox',
};

/** Words that mark a field whose value must not be read, in a selector or a name. In doubt it is one. */
const secretWords =
  /pass(?:word|wd|code|phrase)?\b|passwd|password|pwd|secret|one.?time|\botp\b|cvc|cvv|card.?(?:number|no)\b|\bpin\b|token|api.?key/i;

export interface SelectedElement {
  readonly target: Target;
  readonly isSecret: boolean;
}

/** Name and role come from `aria/…`, then `text/…`; a CSS selector gives a role by its tag, never a name. */
export function elementOf(selectors: readonly string[]): SelectedElement {
  const css =
    selectors.find((selector) => !/^(?:aria|text|xpath|pierce)\//.test(selector)) ?? selectors.find((entry) => entry.startsWith('pierce/'));
  const isSecret = selectors.some((selector) => secretWords.test(selector));
  const target: Target = {
    role: roleOfCss(css),
    ...namingOf(selectors),
    ...(css === undefined ? {} : { selector: css }),
    ref: css ?? selectors[0] ?? '',
    ...(isSecret ? { protected: true } : {}),
  };
  return { target, isSecret };
}

function namingOf(selectors: readonly string[]): { name: string; nameSource: string; role?: string } {
  const aria = readAria(selectors);
  if (aria !== undefined) return { name: aria.name, nameSource: 'aria-label', ...(aria.role === undefined ? {} : { role: aria.role }) };
  const content = selectors.find((selector) => /^(?:pierce\/)?text\//.test(selector))?.replace(/^.*?text\//, '');
  return content === undefined ? { name: '', nameSource: 'none' } : { name: content, nameSource: 'content' };
}

function readAria(selectors: readonly string[]): { name: string; role: string | undefined } | undefined {
  const aria = selectors.find((selector) => selector.startsWith('aria/'));
  const groups = aria === undefined ? undefined : roleSuffix.exec(aria.slice('aria/'.length))?.groups;
  if (groups === undefined) return undefined;
  const name = (groups['name'] ?? '').replace(/\\(.)/g, '$1').trim();
  return name === '' ? undefined : { name, role: groups['role'] };
}

function roleOfCss(css: string | undefined): string {
  const last = css?.split(/[\s>]+/).at(-1) ?? '';
  if (/type=['"]?checkbox/.test(last)) return 'checkbox';
  if (/type=['"]?radio/.test(last)) return 'radio';
  if (/type=['"]?(?:submit|button)/.test(last)) return 'button';
  const tag = /^[a-z]+/.exec(last)?.[0] ?? '';
  return tagRoles[tag] ?? 'generic';
}
