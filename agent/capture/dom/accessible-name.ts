import { isDocument, isElement, isInput, isSelect, isShadowRoot, isTextArea } from './kinds.ts';
import { namedByContent, roleOf } from './role.ts';

/** A name as the person reads it, and where it came from. Whitespace is folded; at most `maxNameLength` characters. */
export interface AccessibleName {
  readonly name: string;
  readonly source: 'aria-label' | 'label' | 'content' | 'placeholder' | 'alt' | 'title' | 'value' | 'ancestor' | 'none';
}

export const maxNameLength = 200;
const noName: AccessibleName = { name: '', source: 'none' };

/**
 * The part of the accessible-name computation (W3C accname 1.2) that recordings need, in its order: labelledby, aria-label, native label or
 * alternative, content, title, placeholder. Never an id, a class or a test id; never the value of a text field.
 */
export function accessibleName(element: Element): AccessibleName {
  return (
    first('aria-label', [labelledByText(element), attribute(element, 'aria-label')]) ??
    nativeName(element) ??
    contentName(element) ??
    first('title', [attribute(element, 'title')]) ??
    first('placeholder', [attribute(element, 'placeholder'), attribute(element, 'aria-placeholder')]) ??
    noName
  );
}

/** Text inside an element as a person sees it: hidden parts left out, pictures by their alternative, fields left out. */
export function visibleText(root: Element, limit: number = maxNameLength): string {
  const parts: string[] = [];
  collectText(root, parts, { left: limit * 2 });
  return fold(parts.join(''), limit);
}

function first(source: AccessibleName['source'], candidates: readonly string[]): AccessibleName | undefined {
  const name = candidates.find((candidate) => candidate !== '');
  return name === undefined ? undefined : { name, source };
}

function attribute(element: Element, name: string): string {
  return fold(element.getAttribute(name) ?? '', maxNameLength);
}

function labelledByText(element: Element): string {
  const ids = element.getAttribute('aria-labelledby')?.trim().split(/\s+/) ?? [];
  const root = element.getRootNode();
  if (!isDocument(root) && !isShadowRoot(root)) return '';
  const texts = ids.map((id) => {
    const label = root.getElementById(id);
    return label === null ? '' : attribute(label, 'aria-label') || visibleText(label);
  });
  return fold(texts.join(' '), maxNameLength);
}

function nativeName(element: Element): AccessibleName | undefined {
  if (isInput(element) && buttonTypes.has(element.type)) return buttonName(element);
  if (isInput(element) || isSelect(element) || isTextArea(element)) return first('label', [labelText(element)]);
  if (pictures.has(element.localName)) return first('alt', [attribute(element, 'alt'), pictureTitle(element)]);
  const caption = captions[element.localName];
  const captionElement = caption === undefined ? null : element.querySelector(`:scope > ${caption}`);
  return captionElement === null ? undefined : first('label', [visibleText(captionElement)]);
}

const pictures: ReadonlySet<string> = new Set(['img', 'area', 'svg']);

function pictureTitle(picture: Element): string {
  return fold(picture.querySelector(':scope > title')?.textContent ?? '', maxNameLength);
}

const captions: Readonly<Record<string, string>> = { fieldset: 'legend', figure: 'figcaption', table: 'caption', details: 'summary' };
const buttonTypes: ReadonlySet<string> = new Set(['submit', 'reset', 'button', 'image']);
const defaultLabels: Readonly<Record<string, string>> = { submit: 'Submit', reset: 'Reset' };

function buttonName(button: HTMLInputElement): AccessibleName | undefined {
  if (button.type === 'image') return first('alt', [attribute(button, 'alt'), attribute(button, 'value')]);
  return first('value', [fold(button.value, maxNameLength), defaultLabels[button.type] ?? '']);
}

function labelText(field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): string {
  return fold([...(field.labels ?? [])].map((label) => visibleText(label)).join(' '), maxNameLength);
}

function contentName(element: Element): AccessibleName | undefined {
  const role = roleOf(element);
  if (!namedByContent.has(role)) return undefined;
  const text = visibleText(element);
  // A picture's title names a control that shows nothing else; beside words it is decoration.
  return first('content', [role.startsWith('menuitem') ? text.replace(keyHint, '') : text, innerPictureTitle(element)]);
}

/** Menus write the keys that do the same behind the words: `Rename F2`, `Save Ctrl+S`. */
const keyHint = /(?<=\S)\s+(?:F\d{1,2}|(?:(?:Ctrl|Control|Alt|Option|Shift|Cmd|Command|Meta|[⌘⌥⇧⌃])\s?\+?\s?)+(?:F\d{1,2}|[A-Z]\w*|.))$/;

function innerPictureTitle(element: Element): string {
  const picture = element.querySelector('svg:has(> title)');
  return picture === null ? '' : pictureTitle(picture);
}

function collectText(node: Node, parts: string[], budget: { left: number }): void {
  for (const child of node.childNodes) {
    if (budget.left <= 0) return;
    if (child.nodeType === 3) {
      const text = child.nodeValue ?? '';
      parts.push(text);
      budget.left -= text.trim().length;
    } else if (isElement(child)) {
      collectElementText(child, parts, budget);
    }
  }
}

function collectElementText(element: Element, parts: string[], budget: { left: number }): void {
  if (silentTags.has(element.localName) || element.getAttribute('aria-hidden') === 'true' || !isRendered(element)) return;
  const own = attribute(element, 'aria-label') || alternativeOf(element);
  const separate = getComputedStyle(element).display === 'inline' ? '' : ' ';
  parts.push(separate);
  if (own === '') collectText(element.shadowRoot ?? element, parts, budget);
  else parts.push(own);
  parts.push(separate);
}

/** A picture that says what the words beside it say adds nothing. */
function alternativeOf(element: Element): string {
  const alternative = element.localName === 'img' ? attribute(element, 'alt') : '';
  const around = alternative === '' ? '' : (element.closest(pressables)?.textContent ?? '');
  return around.includes(alternative) ? '' : alternative;
}

const pressables = 'a, button, label, li, [role], [tabindex]';

const silentTags: ReadonlySet<string> = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'input',
  'select',
  'textarea',
  'option',
  'title',
]);

function isRendered(element: Element): boolean {
  return element.checkVisibility({ checkVisibilityCSS: true });
}

/** One line, single spaces, cut with an ellipsis. */
export function fold(text: string, limit: number): string {
  const folded = text.replace(/[\s\u00a0\u200b-\u200d\ufeff]+/gu, ' ').trim();
  return folded.length <= limit ? folded : `${folded.slice(0, limit - 1).trimEnd()}…`;
}
