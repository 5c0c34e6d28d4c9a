import type { CaptureEvent, SessionOpened } from '../../../schemas/types/capture-event.ts';
import type { JsonObject } from '../json-text.ts';
import { count, flag, list, number, oneOf, record, sha256, text, type Read } from './event-shape.ts';

const point = record({ x: number, y: number });
const rect = record({ x: number, y: number, width: number, height: number });
const size = record({ width: number, height: number });
const modifiers = list(oneOf('Alt', 'Control', 'Meta', 'Shift'));

const target = record({
  role: text,
  name: text,
  'nameSource?': text,
  'rect?': rect,
  'selector?': text,
  'ref?': text,
  'tag?': text,
  'context?': text,
  'protected?': flag,
  'checked?': flag,
  'expanded?': flag,
});

const screenshot = record({
  ofSeq: count,
  phase: oneOf('before', 'after'),
  sha256,
  sizeBytes: count,
  mediaType: oneOf('image/png', 'image/jpeg', 'image/webp'),
  width: count,
  height: count,
  scale: number,
  masks: list(rect),
});

/** The fields an imported event may have. Facts of the platform (`opened`, `idle`, `answer`, `edit`) are not among them: a file cannot forge one. */
const eventShape = record({
  seq: count,
  atMs: number,
  kind: text,
  'page?': record({
    url: text,
    title: text,
    'tabId?': text,
    'framePath?': text,
    'viewport?': size,
    'devicePixelRatio?': number,
  }),
  'target?': target,
  'pointer?': record({ x: number, y: number, button: oneOf('left', 'middle', 'right'), 'clickCount?': count, 'modifiers?': modifiers }),
  'drag?': point,
  'key?': record({ key: text, 'modifiers?': modifiers }),
  'input?': record({
    valueClass: oneOf('text', 'secret', 'choice', 'boolean', 'file', 'empty'),
    'text?': text,
    'checked?': flag,
  }),
  'navigation?': record({ url: text, 'title?': text, cause: text }),
  'tab?': record({ change: oneOf('opened', 'activated', 'closed'), tabId: text, 'title?': text, 'url?': text }),
  'screenshot?': screenshot,
  'ofSeq?': count,
  'reason?': text,
  'note?': text,
});

const openedShape = record({
  'title?': text,
  agent: record({ name: text, version: text, 'platform?': text }),
});

export type ImportedOpening = Pick<SessionOpened, 'title' | 'agent'>;

/** The event with only the contract's fields. */
export function readEvent(value: JsonObject, limits: { readonly textLength: number }): Read & { readonly event?: CaptureEvent } {
  const read = eventShape(value, '', limits);
  return 'value' in read && isEvent(read.value) ? { ...read, event: read.value } : read;
}

export function readOpening(value: unknown, limits: { readonly textLength: number }): ImportedOpening | undefined {
  const read = openedShape(value, 'opened', limits);
  return 'value' in read && isOpening(read.value) ? read.value : undefined;
}

/** The readers above checked every field; these say so to the compiler. */
function isEvent(value: unknown): value is CaptureEvent {
  return typeof value === 'object';
}

function isOpening(value: unknown): value is ImportedOpening {
  return typeof value === 'object';
}
