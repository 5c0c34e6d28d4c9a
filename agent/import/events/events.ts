import { eventKindRules } from '../../../schemas/event-kinds.ts';
import type { CaptureEvent, EventKind, SessionOpened } from '../../../schemas/types/capture-event.ts';
import { createEventParser, type EventParser } from '../../../schemas/validate-event.ts';
import type { ImportContext } from '../import-limits.ts';
import { parsed, refused, type ImportedRecording, type Parsed } from '../import-result.ts';
import { isObject, parseJson, type JsonObject } from '../json-text.ts';

/** Facts that only the platform writes: a file cannot forge one. */
const platformKinds: ReadonlySet<string> = new Set(
  Object.entries(eventKindRules).flatMap(([kind, rule]) => (rule.writer === 'platform' ? [kind] : [])),
);

/** JSON Lines of `CaptureEvent`. Title and agent come from a `session.opened` line; other facts of the platform are left out. */
export function importEvents(text: string, context: ImportContext): Parsed<ImportedRecording> {
  const parser = createEventParser();
  const events: CaptureEvent[] = [];
  let opening: Opening | undefined;
  for (const { line, content } of linesOf(text)) {
    const read = readLine(content, line, { context, parser });
    if (!read.ok) return read;
    if (read.value.opening !== undefined) opening = read.value.opening;
    if (read.value.event !== undefined) events.push(read.value.event);
    if (events.length > context.limits.eventCount) return refused(`more than ${context.limits.eventCount} events`, { line });
  }
  return parsed(recordingOf(events, opening, context));
}

function recordingOf(events: readonly CaptureEvent[], opening: Opening | undefined, context: ImportContext): ImportedRecording {
  return {
    format: 'events',
    ...(opening?.title === undefined ? {} : { title: opening.title }),
    agent: opening?.agent ?? { name: 'import-events', version: '1' },
    startedAtMs: opening?.atMs ?? events[0]?.atMs ?? context.startedAtMs,
    events,
  };
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

interface Opening extends Pick<SessionOpened, 'title' | 'agent'> {
  readonly atMs: number | undefined;
}

interface Line {
  readonly event?: CaptureEvent;
  readonly opening?: Opening;
}

interface Reading {
  readonly context: ImportContext;
  readonly parser: EventParser;
}

function readLine(content: string, line: number, { context, parser }: Reading): Parsed<Line> {
  const json = parseJson(content, context.limits);
  if (!json.ok) return refused(json.fault.message, { line });
  if (!isObject(json.value)) return refused('must be one JSON object a line', { line });
  const kind = json.value['kind'];
  if (kind === 'session.opened') return readOpened(json.value, line);
  if (typeof kind === 'string' && platformKinds.has(kind)) return parsed({});
  const read = parser.parseFromAgent(json.value);
  if (!read.ok) return refused(read.problem, { line, field: read.field });
  return parsed({ event: settle(read.event, context) });
}

/** Who recorded it and what it was called; skew and policy are given anew by the platform that takes it in. */
function readOpened(value: JsonObject, line: number): Parsed<Line> {
  const opened = isObject(value['opened']) ? value['opened'] : {};
  const agent = isObject(opened['agent']) ? opened['agent'] : {};
  const { name, version } = agent;
  if (typeof name !== 'string' || typeof version !== 'string') {
    return refused('must have a name and a version', { line, field: 'opened.agent' });
  }
  const { title } = opened;
  const atMs = value['atMs'];
  return parsed({
    opening: {
      agent: { name: name.slice(0, maxNameLength), version: version.slice(0, maxNameLength) },
      ...(typeof title === 'string' && title !== '' ? { title: title.slice(0, maxTitleLength) } : {}),
      atMs: typeof atMs === 'number' && Number.isFinite(atMs) && atMs >= 0 ? Math.round(atMs) : undefined,
    },
  });
}

const maxNameLength = 64;
const maxTitleLength = 300;
const missingKind: EventKind = 'screenshot.missing';

function settle(event: CaptureEvent, context: ImportContext): CaptureEvent {
  if (event.screenshot === undefined || context.screenshots === 'keep') return event;
  const { screenshot, ...rest } = event;
  return { ...rest, kind: missingKind, reason: 'not in the imported file', ofSeq: screenshot.ofSeq };
}
