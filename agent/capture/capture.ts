import type { EventKind, Page, Pointer, Rect } from '../../schemas/types/capture-event.ts';
import { isElement } from './dom/kinds.ts';
import { frameOffset } from './dom/rects.ts';
import { choiceByKey } from './choice-by-key.ts';
import { isDrag, pointerOf, unexplainedAfterMs, type Press } from './gesture.ts';
import { recordedKey } from './keys.ts';
import { createMaskHistory } from './mask-history.ts';
import type { ClearFrame } from './mask-cover.ts';
import type { MaskLook, MaskTimeline } from './mask-timeline.ts';
import type { Emit, PageMessage, ShotRequest } from './message.ts';
import { createProtection } from './protection.ts';
import { createTargetDescriber } from './target.ts';
import { framePathOf } from './dom/frame-path.ts';
import { createTypingTracker, inputOf, isTextField } from './typing.ts';

/**
 * Records what a person does in one document. It listens at the window in the capture phase, so it sees an event before the page does and
 * names the element as it was; only trusted events count; scroll and hover are not recorded. Values and keys of protected
 * fields are never read (C1); what a picture must cover is told with the times at which it stood where (C2); one press makes one click (C3).
 */
export interface CaptureOptions {
  readonly view: Window;
  readonly emit: Emit;
  /** More protected elements, from the tenant's policy. */
  readonly protectSelector?: string;
  /** Elements of the recorder itself: what happens in them is not recorded. */
  readonly ignoreSelector?: string;
  /** Something was scrolled, written in or animated here: what a document around this one cannot hear. */
  readonly onMoved?: () => void;
}

export interface Capture {
  /** Reports unfinished typing: before a pause, an undo, the end. */
  flush(): void;
  /** Reports unfinished typing and removes every listener. */
  stop(): void;
  /** Protected rectangles right now. */
  maskRects(): readonly Rect[];
  /** What had to be covered when, until now; of the top document, what a host covers its pictures with. */
  maskTimeline(): MaskTimeline;
  /** Its place, and since when this document has held nothing to cover: a host leaves a frame of another origin to see only then. */
  clearFrame(): ClearFrame | undefined;
  /** A document inside this one was scrolled, written in or animated. */
  movedInside(): void;
}

type Fields = Partial<PageMessage['event']>;
type Shot = Omit<ShotRequest, 'timeline'>;

const beforeAction: Shot = { phase: 'before', moment: 'painted' };
const typedText: Shot = { phase: 'after', moment: 'painted' };
const effect: Shot = { phase: 'after', moment: 'settled' };

/** Listeners by DOM event name; each gets trusted events outside the recorder's own elements, with the element they are about. */
type Listeners = Readonly<Record<string, (event: Event, element: Element) => void>>;

export function startCapture(options: CaptureOptions): Capture {
  const { view, emit } = options;
  const protection = createProtection({
    document: view.document,
    extraSelector: options.protectSelector,
    onChange: () => masks.changed(),
  });
  const masks = createMaskHistory({ view, look: () => lookAt(view, protection), onMoved: options.onMoved });
  const targets = createTargetDescriber(view, protection);
  const send = (kind: EventKind, fields: Fields, shot?: Shot): void => {
    const event = { atMs: Date.now(), kind, page: pageOf(view), ...fields };
    emit(shot === undefined ? { event } : { event, shot: { ...shot, timeline: masks.timeline() } });
  };
  const typing = createTypingTracker({
    view,
    report: (field) => send('input', { target: targets.describe(field), input: inputOf(field, protection) }),
  });
  const context: ListenerContext = { view, send, typing, targets, protection };
  const tables = [pointerListeners(context), fieldListeners(context), keyListeners(context)];
  const controller = new AbortController();
  for (const [name, listener] of tables.flatMap((table) => Object.entries(table))) {
    const handle = (event: Event): void => {
      const element = event.composedPath().find(isElement);
      if (!event.isTrusted || element === undefined || isOwn(element, options.ignoreSelector)) return;
      listener(event, element);
    };
    view.addEventListener(name, handle, { capture: true, passive: true, signal: controller.signal });
  }
  view.addEventListener('pagehide', () => typing.flush(), { capture: true, signal: controller.signal });
  return {
    maskRects: () => protection.maskRects(),
    maskTimeline: () => masks.timeline(),
    clearFrame: () => {
      const sinceMs = masks.clearSinceMs();
      return sinceMs === undefined ? undefined : { framePath: framePathOf(view), sinceMs };
    },
    movedInside: () => masks.changed(),
    flush: () => typing.flush(),
    stop: () => {
      typing.flush();
      controller.abort();
      masks.stop();
      protection.stop();
    },
  };
}

interface ListenerContext {
  readonly view: Window;
  readonly send: (kind: EventKind, fields: Fields, shot?: Shot) => void;
  readonly typing: ReturnType<typeof createTypingTracker>;
  readonly targets: ReturnType<typeof createTargetDescriber>;
  readonly protection: ReturnType<typeof createProtection>;
}

function pointerListeners({ view, send, typing, targets }: ListenerContext): Listeners {
  let press: Press | undefined;
  let isDown = false;
  let actedAtMs = -Infinity;
  const offset = (): ReturnType<typeof frameOffset> => frameOffset(view);
  const onKey = (): void => {
    // Held modifiers repeat while a button is down.
    if (!isDown) press = undefined;
    actedAtMs = view.performance.now();
  };
  const onDown = (event: Event, node: Element): void => {
    if (!(event instanceof PointerEvent) || !event.isPrimary) return;
    typing.flush();
    isDown = true;
    actedAtMs = view.performance.now();
    const element = targets.actionable(node);
    const target = targets.describe(element);
    const pointer = pointerOf(event, offset());
    press = { element, target, at: pointer, clicked: false };
    send('pointer.down', { target, pointer }, beforeAction);
  };
  const onUp = (event: Event): void => {
    isDown = false;
    if (!(event instanceof PointerEvent) || press === undefined) return;
    const pointer = pointerOf(event, offset());
    if (isDrag(press, pointer)) dragged(press, pointer);
    else released(press, pointer);
  };
  /** What the page takes away while it is pressed, or as soon as it is let go (menus do), gets no click. A click would come within this task. */
  const released = (from: Press, pointer: Pointer): void => {
    const tell = (): void => send('pointer.up', { target: from.target, pointer });
    if (!from.element.isConnected) return tell();
    view.setTimeout(() => {
      if (press === from && !from.element.isConnected) tell();
    }, 0);
  };
  const dragged = (from: Press, to: Pointer): void =>
    send('drag', { target: from.target, pointer: { ...to, ...from.at }, drag: { x: to.x, y: to.y } }, effect);
  /** The browser's own drag and drop ends the press without an up. */
  const onDragEnd = (event: Event): void => {
    if (!(event instanceof DragEvent) || press === undefined || event.dataTransfer?.dropEffect === 'none') return;
    const pointer = pointerOf(event, offset());
    if (isDrag(press, pointer)) dragged(press, pointer);
  };
  const onClick = (event: Event, node: Element): void => {
    if (!(event instanceof MouseEvent)) return;
    const clickCount = event.detail;
    if (press !== undefined && !press.clicked) {
      send('click', { target: press.target, pointer: pointerOf(event, offset(), Math.max(1, clickCount)) });
      press = { ...press, clicked: true };
    } else if (clickCount === 0 && view.performance.now() - actedAtMs > unexplainedAfterMs) {
      const target = targets.describe(targets.actionable(node));
      send('click', { target, pointer: pointerOf(event, offset(), 0) });
    }
  };
  const onMenu = (event: Event, node: Element): void => {
    if (!(event instanceof MouseEvent)) return;
    const target = press?.target ?? targets.describe(targets.actionable(node));
    send('context.menu', { target, pointer: pointerOf(event, offset()) });
  };
  // A click that a key makes is told by its key.
  return { pointerdown: onDown, pointerup: onUp, click: onClick, contextmenu: onMenu, dragend: onDragEnd, keydown: onKey };
}

function fieldListeners({ send, typing, targets, protection }: ListenerContext): Listeners {
  const onInput = (_event: Event, node: Element): void => {
    const field = targets.actionable(node);
    if (isTextField(field)) typing.changed(field);
  };
  const onChange = (_event: Event, node: Element): void => {
    typing.flush();
    const input = inputOf(node, protection);
    send(
      input.valueClass === 'file' ? 'file.chosen' : 'change',
      { target: targets.describe(node), input },
      isTextField(node) ? typedText : effect,
    );
  };
  const onFocusOut = (_event: Event, node: Element): void => {
    typing.flush();
    if (isTextField(node)) send('blur', { target: targets.describe(node) });
  };
  const onFocusIn = (_event: Event, node: Element): void => {
    if (isTextField(node)) send('focus', { target: targets.describe(node) });
  };
  const onSubmit = (_event: Event, node: Element): void => send('submit', { target: targets.describe(node) });
  return { input: onInput, change: onChange, focusin: onFocusIn, focusout: onFocusOut, submit: onSubmit };
}

function keyListeners({ view, send, typing, targets, protection }: ListenerContext): Listeners {
  const onKey = (event: Event, node: Element): void => {
    // C1: while a protected field has the focus no key is reported, whichever it is.
    if (!(event instanceof KeyboardEvent) || protection.isProtected(node)) return;
    const key = recordedKey(event, isTextField(node));
    if (key === undefined) return;
    typing.flush();
    const target = targets.describe(targets.actionable(node));
    const choice = key.modifiers === undefined ? choiceByKey(node, key.key, protection) : undefined;
    send('key.down', { target, key }, beforeAction);
    if (choice !== undefined) choice.settled(view, (input) => send('change', { target, input }, effect));
  };
  const onClipboard = (event: Event, node: Element): void => {
    if (!protection.isProtected(node)) send('clipboard', { target: targets.describe(targets.actionable(node)), note: event.type });
  };
  return { keydown: onKey, copy: onClipboard, cut: onClipboard, paste: onClipboard };
}

function isOwn(element: Element, selector: string | undefined): boolean {
  return selector !== undefined && element.closest(selector) !== null;
}

function pageOf(view: Window): Page {
  const isTop = view === view.top;
  return {
    url: view.location.href,
    title: view.document.title,
    ...(isTop ? {} : { framePath: framePathOf(view) }),
    viewport: { width: view.innerWidth, height: view.innerHeight },
    devicePixelRatio: view.devicePixelRatio,
  };
}

function lookAt(view: Window, protection: ReturnType<typeof createProtection>): MaskLook {
  const isTop = view === view.top;
  const isPinched = isTop && view.visualViewport !== null && view.visualViewport.scale !== 1;
  // Until it is painted the screen shows the page before.
  const isPainted = !isTop || view.performance.getEntriesByType('paint').length > 0;
  return {
    rects: protection.maskRects(),
    foreignFrames: protection.foreignFrames(),
    viewportWidth: isPinched || !isPainted ? undefined : view.innerWidth,
    hasUnplaced: frameOffset(view) === undefined && protection.hasProtected(),
  };
}
