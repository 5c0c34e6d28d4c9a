import type { Point, Rect } from '../../schemas/types/capture-event.ts';
import { isDocument, isSelect } from './dom/kinds.ts';
import { distinctRects, frameOffset, rectOf } from './dom/rects.ts';
import type { RootContent, ValueField } from './page-content.ts';
import { personalRanges, type TextRange } from './personal-data.ts';

/** What is to be covered. */
export interface MaskRules {
  /** Elements that are covered whole, with all that is in them. */
  readonly marked: string;
  /** Fields that are covered whatever they hold; their values are not read. */
  readonly isSecret: (field: ValueField) => boolean;
}

/** Computes the rectangles that cover what the rules name and what personal data is shown; remembers what it has read of values. */
export interface MaskFinder {
  /** In CSS pixels of the top viewport. What stands outside of all view may be left out; what stands in a frame whose place is unknown is. */
  rects(contents: readonly RootContent[]): Rect[];
  /** Whether there is anything to cover, placed or not. */
  isNeeded(contents: readonly RootContent[]): boolean;
}

export function createMaskFinder({ marked, isSecret }: MaskRules): MaskFinder {
  const isPersonalValue = createValueReader();
  const markedIn = createMarkedFinder(marked);
  const rectsIn = (content: RootContent, offset: Point | undefined): Rect[] => {
    const { fields } = content;
    const rects: Rect[] = [];
    for (const element of markedIn(content)) push(rects, rectOf(element, offset));
    for (const field of fields) if (isSecret(field) || isPersonalValue(field)) push(rects, rectOf(field, offset));
    for (const rect of textRects(content, offset)) push(rects, rect);
    return rects;
  };
  return {
    rects: (contents) =>
      distinctRects(
        contents.flatMap((content) => {
          const view = viewOf(content);
          return view === null ? [] : rectsIn(content, frameOffset(view));
        }),
      ),
    isNeeded: (contents) =>
      contents.some((content) => content.root.querySelector(marked) !== null || [...content.fields].some(isSecret)) ||
      contents.some((content) => rectsIn(content, { x: 0, y: 0 }).length > 0),
  };
}

/** Looks through a root once a version of it; always, when a policy's selector depends on what no change of the tree tells (`:checked`). */
function createMarkedFinder(marked: string): (content: RootContent) => Iterable<Element> {
  const isStable = !marked.includes(':');
  const known = new WeakMap<RootContent, { readonly version: number; readonly elements: Iterable<Element> }>();
  return (content) => {
    const { root, version } = content;
    const before = known.get(content);
    if (isStable && before?.version === version) return before.elements;
    const elements = root.querySelectorAll(marked);
    known.set(content, { version, elements });
    return elements;
  };
}

/** Whether a field shows personal data; a value is looked through once. */
function createValueReader(): (field: ValueField) => boolean {
  const known = new WeakMap<ValueField, { readonly value: string; readonly isPersonal: boolean }>();
  return (field) => {
    const value = shownValue(field);
    const before = known.get(field);
    if (before?.value === value) return before.isPersonal;
    const isPersonal = personalRanges(value).length > 0;
    known.set(field, { value, isPersonal });
    return isPersonal;
  };
}

function shownValue(field: ValueField): string {
  if (!isSelect(field)) return field.value;
  return field.multiple
    ? [...field.selectedOptions].map((option) => option.label).join('\n')
    : (field.options[field.selectedIndex]?.label ?? '');
}

function viewOf({ root }: RootContent): Window | null {
  return (isDocument(root) ? root : root.ownerDocument).defaultView;
}

/** The lines of each personal text that is in view. Texts split over elements are not joined. */
function textRects(content: RootContent, offset: Point | undefined): Rect[] {
  const view = viewOf(content);
  if (view === null) return [];
  const range = view.document.createRange();
  const rects: Rect[] = [];
  for (const [text, ranges] of content.findings()) {
    for (const found of ranges)
      for (const line of linesOf(range, text, found)) push(rects, rectOf({ getBoundingClientRect: () => line }, offset));
  }
  return rects.filter((rect) => isInView(rect, view.top ?? view));
}

function linesOf(range: Range, text: Node, [start, end]: TextRange): DOMRectList {
  range.setStart(text, start);
  range.setEnd(text, end);
  return range.getClientRects();
}

/** Viewports of other frames are unknown here, so what reaches into the top one counts. */
function isInView(rect: Rect, top: Window): boolean {
  try {
    return rect.x < top.innerWidth && rect.y < top.innerHeight && rect.x + rect.width > 0 && rect.y + rect.height > 0;
  } catch {
    return true; // the top window is of another origin
  }
}

function push(rects: Rect[], rect: Rect | undefined): void {
  if (rect !== undefined) rects.push(rect);
}
