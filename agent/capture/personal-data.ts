import type { Point, Rect } from '../../schemas/types/capture-event.ts';
import { isDocument, isInput, isTextArea } from './dom/kinds.ts';
import { rectOf } from './dom/rects.ts';

/** Where something stands in a text: `start` inclusive, `end` exclusive. */
export type TextRange = readonly [start: number, end: number];

/**
 * Structured personal data and secrets in a text that a page shows, so that no picture leaves the device with it. The kinds whose form alone tells them:
 * e-mail, payment card (Luhn), IBAN (mod 97), international phone number, US social security number, IPv4 address, JSON Web Token, keys with a known prefix. The server
 * looks again, with more kinds, at every text; it cannot look into pictures.
 */
export function personalRanges(text: string): TextRange[] {
  if (!/[@+]|\d{3}|eyJ|_|AKIA|xox/.test(text)) return [];
  return recognizers.flatMap(({ pattern, accepts }) =>
    [...text.matchAll(pattern)]
      .filter(([found]) => accepts?.(found) ?? true)
      .map((match): TextRange => [match.index, match.index + match[0].length]),
  );
}

interface Recognizer {
  readonly pattern: RegExp;
  readonly accepts?: (found: string) => boolean;
}

/** Every repetition is bounded, so a long text costs a time in proportion to its length. */
const recognizers: readonly Recognizer[] = [
  { pattern: /[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/gu },
  { pattern: /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])/g, accepts: (found) => passesLuhn(found.replace(/\D/g, '')) },
  { pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, accepts: (found) => passesMod97(found.replaceAll(' ', '')) },
  { pattern: /\+[1-9](?:[ ().-]{0,2}\d){6,14}/g },
  { pattern: /\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b/g },
  { pattern: /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g, accepts: isRoutableAddress },
  { pattern: /\beyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{5,1000}/g },
  { pattern: /\b(?:gh[pousr]_|github_pat_|glpat-|sk_live_|rk_live_|xox[abpr]-|npm_)[\w-]{16,255}|\bAKIA[0-9A-Z]{16}\b/g },
];

/** ISO/IEC 7812-1. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && /[1-9]/.test(digits);
}

/** ISO 13616. */
function passesMod97(iban: string): boolean {
  if (iban.length < 15 || iban.length > 34) return false;
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

function isRoutableAddress(found: string): boolean {
  const parts = found.split('.').map(Number);
  return parts.every((part) => part <= 255) && parts[0] !== 127 && parts[0] !== 0;
}

/**
 * Rectangles of personal data that `root` shows in the viewport: of a field the whole field, of text its own lines. Texts split over elements
 * are not joined. Values of fields that `isProtected` names are not read.
 */
export function personalRects(root: Document | ShadowRoot, offset: Point | undefined, isProtected: (field: Element) => boolean): Rect[] {
  const document = isDocument(root) ? root : root.ownerDocument;
  const view = document.defaultView;
  if (view === null) return [];
  const rects: Rect[] = [];
  for (const field of root.querySelectorAll('input, textarea')) {
    if (!(isInput(field) || isTextArea(field)) || isProtected(field)) continue;
    if (personalRanges(field.value).length > 0) push(rects, rectOf(field, offset));
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const ranges = personalRanges(node.nodeValue ?? '');
    if (ranges.length > 0) for (const range of ranges) rects.push(...lineRects(node, range, offset));
  }
  return rects.filter((rect) => isInView(rect, view.top ?? view));
}

function lineRects(node: Node, [start, end]: TextRange, offset: Point | undefined): Rect[] {
  const range = node.ownerDocument?.createRange();
  if (range === undefined) return [];
  range.setStart(node, start);
  range.setEnd(node, end);
  const rects: Rect[] = [];
  for (const line of range.getClientRects()) push(rects, rectOf({ getBoundingClientRect: () => line }, offset));
  return rects;
}

function push(rects: Rect[], rect: Rect | undefined): void {
  if (rect !== undefined) rects.push(rect);
}

/** Viewports of other frames are unknown here, so what reaches into the top one counts. */
function isInView(rect: Rect, top: Window): boolean {
  try {
    return rect.x < top.innerWidth && rect.y < top.innerHeight && rect.x + rect.width > 0 && rect.y + rect.height > 0;
  } catch {
    return true; // the top window is of another origin
  }
}
