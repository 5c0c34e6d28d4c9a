import type { Rect } from '../../schemas/types/capture-event.ts';
import { isDocument, isElement, isFrame, isInput, isShadowRoot, isTextArea } from './dom/kinds.ts';
import { distinctRects, frameOffset, rectOf } from './dom/rects.ts';
import { personalRects } from './personal-data.ts';

/** Marks of a page or a policy: nothing below such an element is read, and its rectangle is masked in every picture. */
export const markedSelector = '[data-stepwright-protect], [data-private], [data-sensitive], .sw-protect';

const secretAutocomplete = /(?:^|\s)(?:current-password|new-password|one-time-code|cc-number|cc-csc|cc-exp(?:-month|-year)?)(?:\s|$)/i;
const secretFieldSelector = `input[type=password], [autocomplete*=password i], [autocomplete*=one-time-code i], [autocomplete*=cc- i]`;
/** Field names that mean a secret whatever the type, as whole words of id or name. */
const secretName =
  /(?:^|[^a-z])(?:passw(?:or)?d|passwd|passcode|passphrase|pin|pincode|otp|cvv2?|cvc2?|csc|secret|api[-_ ]?key|access[-_ ]?token|card[-_ ]?n(?:umber|o|r)|cc[-_ ]?num(?:ber)?|iban|ssn|(?:security|secret)[-_ ]?answer)(?:$|[^a-z])/i;

export interface Protection {
  /** Once a password, always one: the answer never turns back to false for an element. */
  isProtected(element: Element): boolean;
  /** Remembers fields that are passwords now, so that a later "show password" does not open them. */
  remember(root: ParentNode): void;
  /** Rectangles of all protected elements and of personal data in view, in this frame and the frames of the same origin inside it, CSS pixels of the top viewport. */
  maskRects(): Rect[];
  /** Whether this document holds anything to mask, placed or not. */
  hasProtected(): boolean;
  stop(): void;
}

/** Watches one document. `extraSelector` comes from the tenant's policy. */
export function createProtection(document: Document, extraSelector = ''): Protection {
  const known = new WeakSet<Element>();
  const marked = extraSelector === '' ? markedSelector : `${markedSelector}, ${extraSelector}`;
  const remember = (root: ParentNode): void => {
    for (const field of root.querySelectorAll(secretFieldSelector)) known.add(field);
  };
  const isProtected = (element: Element): boolean => {
    if (known.has(element)) return true;
    const secret = isSecretField(element) || closestAcrossShadow(element, marked) !== null;
    if (secret) known.add(element);
    return secret;
  };
  const observer = new MutationObserver((mutations) => {
    for (const mutation of mutations) {
      if (!isElement(mutation.target)) continue;
      if (mutation.type === 'attributes' && (mutation.oldValue ?? '').toLowerCase() === 'password') known.add(mutation.target);
      if (mutation.addedNodes.length > 0) remember(mutation.target);
    }
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['type'], attributeOldValue: true });
  remember(document);
  return {
    isProtected,
    remember,
    maskRects: () => distinctRects(rectsIn(document, marked, (field) => known.has(field) || isSecretField(field))),
    hasProtected: () =>
      [...document.querySelectorAll(`${marked}, input, textarea`)].some((element) => element.matches(marked) || isProtected(element)) ||
      personalRects(document, { x: 0, y: 0 }, isProtected).length > 0,
    stop: () => observer.disconnect(),
  };
}

function isSecretField(element: Element): boolean {
  if (!isInput(element) && !isTextArea(element)) return false;
  if (element.type === 'password' || secretAutocomplete.test(element.autocomplete)) return true;
  if (isInput(element) && !textTypes.has(element.type)) return false;
  return [element.name, element.id].some((name) => secretName.test(name.replace(/([a-z])([A-Z])/g, '$1-$2')));
}

const textTypes: ReadonlySet<string> = new Set(['text', 'tel', 'number', 'search', 'email', 'url']);

function closestAcrossShadow(element: Element, selector: string): Element | null {
  for (let current: Element | null = element; current !== null;) {
    const found = current.closest(selector);
    if (found !== null) return found;
    const root: Node = current.getRootNode();
    current = isShadowRoot(root) ? root.host : null;
  }
  return null;
}

/** Runs at every press, on pages of any size: selectors do what they can, and a field inside a marked element is covered by its rectangle. */
function rectsIn(root: Document | ShadowRoot, marked: string, isSecret: (element: Element) => boolean): Rect[] {
  const view = isDocument(root) ? root.defaultView : root.ownerDocument.defaultView;
  if (view === null) return [];
  const offset = frameOffset(view);
  const rects: Rect[] = [];
  for (const element of root.querySelectorAll(marked)) pushRect(rects, element, offset);
  for (const field of root.querySelectorAll('input, textarea')) if (isSecret(field)) pushRect(rects, field, offset);
  rects.push(...personalRects(root, offset, isSecret));
  for (const inner of innerRoots(root)) rects.push(...rectsIn(inner, marked, isSecret));
  return rects;
}

/** Open shadow roots, and documents of frames of the same origin. */
function innerRoots(root: Document | ShadowRoot): (Document | ShadowRoot)[] {
  const roots: (Document | ShadowRoot)[] = [];
  for (const element of root.querySelectorAll('*')) if (element.shadowRoot !== null) roots.push(element.shadowRoot);
  for (const frame of root.querySelectorAll('iframe, frame')) {
    const document = isFrame(frame) ? frame.contentDocument : null;
    if (document !== null) roots.push(document);
  }
  return roots;
}

function pushRect(rects: Rect[], element: Element, offset: { x: number; y: number } | undefined): void {
  const rect = rectOf(element, offset);
  if (rect !== undefined) rects.push(rect);
}
