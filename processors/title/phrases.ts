/** Words for elements, as plain text; renderers add emphasis. */
export interface NamedElement {
  readonly name: string;
  readonly role: string;
  readonly context?: string;
  readonly nameSource?: string;
}

const roleNouns: Readonly<Record<string, string>> = {
  button: 'button',
  cell: 'cell',
  checkbox: 'check box',
  combobox: 'list',
  gridcell: 'cell',
  heading: 'heading',
  img: 'image',
  link: 'link',
  listbox: 'list',
  listitem: 'list item',
  menuitem: 'menu item',
  menuitemcheckbox: 'menu item',
  menuitemradio: 'menu item',
  option: 'option',
  radio: 'option',
  row: 'row',
  searchbox: 'search field',
  slider: 'slider',
  spinbutton: 'number field',
  switch: 'switch',
  tab: 'tab',
  textbox: 'text field',
  treeitem: 'tree item',
};

/** `button`, `text field`; `element` when the role says nothing. */
export function nounOf(role: string): string {
  return roleNouns[role] ?? 'element';
}

const maxNameLength = 80;

/** The visible name; `the trash icon` or `the circle` where only the picture names it, `the text field` where nothing does. */
export function elementPhrase(element: NamedElement): string {
  if (element.name === '') return `the ${nounOf(element.role)}`;
  if (element.nameSource === 'icon') return `the ${element.name} icon`;
  if (element.nameSource === 'look') return `the ${element.name}`;
  return shorten(labelOf(element.name), maxNameLength);
}

/** Forms write `Username:` and `Username *`; the name is Username. */
export function labelOf(name: string): string {
  return fold(name).replace(/(?<=[^:*\s])\s*[:*]+$/, '');
}

/** ` in Billing settings`, or nothing. */
export function placePhrase(element: NamedElement): string {
  const context = fold(element.context ?? '');
  return context === '' || context === element.name ? '' : ` in ${shorten(context, maxNameLength)}`;
}

export function quoted(text: string, maxLength = 60): string {
  return `"${shorten(text, maxLength)}"`;
}

export function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Cuts at a code point, never inside one. */
export function shorten(text: string, maxLength: number): string {
  const folded = fold(text);
  if (folded.length <= maxLength) return folded;
  const cut = folded.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${cut.trimEnd()}…`;
}

export function lowerFirst(text: string): string {
  // An abbreviation stays one: "OK", "PDF export".
  return /^\p{Lu}\p{Ll}/u.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** Host of a URL, or what a person would call an address that is none. */
export function hostOf(url: string): string {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(url)?.[1];
  return host ?? shorten(url.replace(/[?#].*$/, ''), maxNameLength);
}
