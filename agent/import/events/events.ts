import type { CaptureEvent, EventKind } from '../../../schemas/types/capture-event.ts';
import type { ImportContext } from '../import-limits.ts';
import { parsed, refused, type ImportedRecording, type Parsed } from '../import-result.ts';
import { isObject, parseJson, type JsonObject } from '../json-text.ts';
import { readEvent, readOpening, type ImportedOpening } from './event-contract.ts';

/** Kinds that a person or a page makes. */
const importedKinds: ReadonlySet<string> = new Set<EventKind>([
  ...(['session.paused', 'session.resumed', 'session.finished', 'pointer.down', 'pointer.up', 'click', 'context.menu', 'drag'] as const),
  ...([
    'key.down',
    'input',
    'change',
    'focus',
    'blur',
    'submit',
    'file.chosen',
    'clipboard',
    'navigation',
    'tab',
    'scroll',
    'hover',
  ] as const),
  ...(['window', 'screenshot', 'screenshot.missing', 'undo', 'marker'] as const),
]);
/** Facts that only the platform writes. */
const platformKinds: ReadonlySet<string> = new Set<EventKind>(['session.idle', 'title.answer', 'edit']);

/** JSON Lines of `CaptureEvent`. Title and agent come from a `session.opened` line; facts of the platform are left out. */
export function importEvents(text: string, context: ImportContext): Parsed<ImportedRecording> {
  const events: CaptureEvent[] = [];
  let opening: ImportedOpening | undefined;
  for (const { line, content } of linesOf(text)) {
    const read = readLine(content, line, context);
    if (!read.ok) return read;
    if (read.value.opening !== undefined) opening = read.value.opening;
    if (read.value.event !== undefined) events.push(read.value.event);
    if (events.length > context.limits.eventCount) return refused(`more than ${context.limits.eventCount} events`, { line });
  }
  return parsed({
    format: 'events',
    ...(opening?.title === undefined ? {} : { title: opening.title }),
    agent: opening?.agent ?? { name: 'import-events', version: '1' },
    startedAtMs: events[0]?.atMs ?? context.startedAtMs,
    events,
  });
}

function* linesOf(text: string): Generator<{ readonly line: number; readonly content: string }> {
  let line = 0;
  for (let start = 0; start <= text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    line += 1;
    const content = text
      .slice(start, end)
      .replace(/^\uFEFF/, '')
      .trim();
    if (content !== '') yield { line, content };
    start = end + 1;
  }
}

interface Line {
  readonly event?: CaptureEvent;
  readonly opening?: ImportedOpening;
}

function readLine(content: string, line: number, context: ImportContext): Parsed<Line> {
  const json = parseJson(content, context.limits);
  if (!json.ok) return refused(json.fault.message, { line });
  if (!isObject(json.value)) return refused('must be one JSON object a line', { line });
  const kind = json.value['kind'];
  if (kind === 'session.opened') return readOpened(json.value, line, context);
  if (typeof kind === 'string' && platformKinds.has(kind)) return parsed({});
  return readEventLine(json.value, line, context);
}

function readOpened(value: JsonObject, line: number, context: ImportContext): Parsed<Line> {
  const opening = readOpening(value['opened'], context.limits);
  if (opening === undefined) return refused('must have an agent with name and version', { line, field: 'opened' });
  return parsed({ opening });
}

function readEventLine(value: JsonObject, line: number, context: ImportContext): Parsed<Line> {
  const read = readEvent(value, context.limits);
  if (read.event === undefined) {
    return 'expected' in read ? refused(`must be ${read.expected}`, { line, field: read.path }) : refused('must be an event', { line });
  }
  if (read.event.seq < 1) return refused('must be 1 or more', { line, field: 'seq' });
  return parsed({ event: settle(read.event, context) });
}

function settle(event: CaptureEvent, context: ImportContext): CaptureEvent {
  if (!importedKinds.has(event.kind)) return { seq: event.seq, atMs: event.atMs, kind: 'unknown' };
  if (event.kind === 'screenshot' && context.screenshots === 'missing') return withoutPicture(event);
  return withoutSecret(event);
}

function withoutPicture(event: CaptureEvent): CaptureEvent {
  const ofSeq = event.screenshot?.ofSeq ?? event.ofSeq;
  const { screenshot: _picture, ...rest } = event;
  return { ...rest, kind: 'screenshot.missing', reason: 'not in the imported file', ...(ofSeq === undefined ? {} : { ofSeq }) };
}

/** A file of a careless recorder may hold the value of a protected field: it goes no further. */
function withoutSecret(event: CaptureEvent): CaptureEvent {
  if (event.target?.protected !== true && event.input?.valueClass !== 'secret') return event;
  if (event.kind === 'key.down') return { seq: event.seq, atMs: event.atMs, kind: 'unknown' };
  return event.input === undefined ? event : { ...event, input: { valueClass: 'secret' } };
}
