import type { Rect } from '../../schemas/types/capture-event.ts';
import { isElement, isInput, isSelect, isShadowRoot, isTextArea } from './dom/kinds.ts';
import { createMaskFinder } from './mask-rects.ts';
import { createForeignFrameFinder } from './foreign-frames.ts';
import type { ForeignFrame } from './mask-timeline.ts';
import { createPageContent, type ValueField } from './page-content.ts';

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
  /** Rectangles of all protected elements and of personal data in view, in this frame and the frames of the same origin inside it, CSS pixels of the top viewport. */
  maskRects(): Rect[];
  /** Whether this document holds anything to mask, placed or not. */
  hasProtected(): boolean;
  /** Frames whose documents cannot be read from here, as far as their own places are known. */
  foreignFrames(): ForeignFrame[];
  stop(): void;
}

export interface ProtectionOptions {
  readonly document: Document;
  /** From the tenant's policy. */
  readonly extraSelector?: string | undefined;
  /** The page changed in a way that may move, show or hide what is protected. */
  readonly onChange?: () => void;
}

/** Watches one document and what is inside it. */
export function createProtection({ document, extraSelector = '', onChange }: ProtectionOptions): Protection {
  const known = new WeakSet<Element>();
  const marked = extraSelector === '' ? markedSelector : `${markedSelector}, ${extraSelector}`;
  /** What its attributes say of a field, until one changes. */
  const secrets = new WeakMap<Node, boolean>();
  const isSecret = (field: ValueField): boolean => {
    if (known.has(field)) return true;
    const secret = secrets.get(field) ?? isSecretField(field);
    secrets.set(field, secret);
    return secret;
  };
  const isProtected = (element: Element): boolean => {
    if (known.has(element)) return true;
    const secret = isSecretField(element) || closestAcrossShadow(element, marked) !== null;
    if (secret) known.add(element);
    return secret;
  };
  const content = createPageContent(document, {
    // A later "show password" does not open it.
    onField: (field) => {
      if (field.matches(secretFieldSelector)) known.add(field);
    },
    onChange: (mutations) => {
      for (const { type, attributeName, target, oldValue } of mutations) {
        if (type !== 'attributes' || !isElement(target)) continue;
        secrets.delete(target);
        if (attributeName === 'type' && (isPassword(oldValue) || isPassword(target.getAttribute('type')))) known.add(target);
      }
      onChange?.();
    },
  });
  const finder = createMaskFinder({ marked, isSecret });
  const foreignFramesOf = createForeignFrameFinder();
  content.contents();
  return {
    isProtected,
    maskRects: () => finder.rects(content.contents()),
    hasProtected: () => finder.isNeeded(content.contents()),
    foreignFrames: () => content.contents().flatMap(foreignFramesOf),
    stop: () => content.stop(),
  };
}

function isPassword(type: string | null): boolean {
  return type?.toLowerCase() === 'password';
}

function isSecretField(element: Element): boolean {
  if (!isInput(element) && !isTextArea(element) && !isSelect(element)) return false;
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
