import { isEditable, isInput } from './kinds.ts';

/** ARIA role of an element: the explicit one, else the one HTML implies (HTML-AAM, the part that people click and type into). */
export function roleOf(element: Element): string {
  const explicit = element.getAttribute('role')?.trim().split(/\s+/)[0];
  if (explicit !== undefined && explicit !== '' && explicit !== 'presentation' && explicit !== 'none') return explicit.toLowerCase();
  return impliedRole(element);
}

function impliedRole(element: Element): string {
  switch (element.localName) {
    case 'input':
      return inputRoles[inputTypeOf(element)] ?? 'textbox';
    case 'a':
    case 'area':
      return element.hasAttribute('href') ? 'link' : 'generic';
    case 'select':
      return isList(element) ? 'listbox' : 'combobox';
    default:
      return isEditable(element) ? 'textbox' : (tagRoles[element.localName] ?? 'generic');
  }
}

function isList(select: Element): boolean {
  return select.hasAttribute('multiple') || Number(select.getAttribute('size') ?? 1) > 1;
}

/** The type of an input as the browser applies it, lower case; unknown types are text. */
export function inputTypeOf(element: Element): string {
  return isInput(element) ? element.type : 'text';
}

const inputRoles: Readonly<Record<string, string>> = {
  button: 'button',
  submit: 'button',
  reset: 'button',
  image: 'button',
  file: 'button',
  color: 'button',
  checkbox: 'checkbox',
  radio: 'radio',
  range: 'slider',
  number: 'spinbutton',
  search: 'searchbox',
};

const tagRoles: Readonly<Record<string, string>> = {
  button: 'button',
  summary: 'button',
  textarea: 'textbox',
  option: 'option',
  img: 'img',
  svg: 'img',
  h1: 'heading',
  h2: 'heading',
  h3: 'heading',
  h4: 'heading',
  h5: 'heading',
  h6: 'heading',
  nav: 'navigation',
  main: 'main',
  aside: 'complementary',
  dialog: 'dialog',
  form: 'form',
  fieldset: 'group',
  details: 'group',
  table: 'table',
  tr: 'row',
  td: 'cell',
  th: 'columnheader',
  li: 'listitem',
  ul: 'list',
  ol: 'list',
  progress: 'progressbar',
  meter: 'meter',
  output: 'status',
  p: 'paragraph',
  label: 'label',
  video: 'video',
  canvas: 'img',
};

/** Roles that a person acts on: a click inside one of them is a click on it. */
export const interactiveRoles: ReadonlySet<string> = new Set([
  'button',
  'link',
  'textbox',
  'searchbox',
  'checkbox',
  'radio',
  'combobox',
  'listbox',
  'option',
  'tab',
  'menuitem',
  'menuitemcheckbox',
  'menuitemradio',
  'switch',
  'slider',
  'spinbutton',
  'treeitem',
  'gridcell',
]);

/** Roles whose name may come from what they contain (ARIA 1.2, "name from content"). */
export const namedByContent: ReadonlySet<string> = new Set([
  'button',
  'link',
  'checkbox',
  'radio',
  'option',
  'tab',
  'menuitem',
  'menuitemcheckbox',
  'menuitemradio',
  'switch',
  'treeitem',
  'gridcell',
  'cell',
  'columnheader',
  'rowheader',
  'row',
  'heading',
  'label',
  'tooltip',
]);
