import { eventKindRules } from '../../schemas/event-kinds.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { EventParser } from '../../schemas/validate-event.ts';
import { asObject } from '../http/json.ts';
import { refuse, Refusal } from '../http/refusal.ts';
import type { IngestLimits } from './limits.ts';

/** An event of a request, as the contract takes it, with what the contract took out and the guard must still know. */
export interface ReceivedEvent {
  readonly event: CaptureEvent;
  /** Of the element as it came: the contract drops selectors of protected fields, but they tell which field it was. */
  readonly selector: string | undefined;
  /** The contract took a value or a key out. */
  readonly lostValue: boolean;
}

/** No recording is that long; the wire format takes integers up to 2^52. */
export const maxSeq: number = 2 ** 40;

/** What a request to append holds, checked; seqs rise by one from `firstSeq`. */
export interface EventBatch {
  readonly firstSeq: number;
  readonly events: readonly ReceivedEvent[];
  /** The agent lost the events between its ack and `firstSeq`: they never come, and are counted in the guide. */
  readonly lostBefore?: boolean;
}

/**
 * Reads `{firstSeq, events, lostBefore?}`. An event may leave its seq out; one that has it must have the right one. One wrong event refuses the whole
 * batch and names the field: the agent then replaces that event (by kind `unknown`) and sends the batch again.
 */
export function readBatch(value: unknown, limits: IngestLimits, parser: EventParser): EventBatch | Refusal {
  const head = readHead(value, limits);
  if (head instanceof Refusal) return head;
  const { firstSeq, events, lostBefore } = head;
  const received: ReceivedEvent[] = [];
  for (const [index, candidate] of events.entries()) {
    const event = readEvent(candidate, `events[${index}]`, firstSeq + index, parser);
    if (event instanceof Refusal) return event;
    received.push(event);
  }
  return endsWell(received) ?? { firstSeq, events: received, lostBefore };
}

interface BatchHead {
  readonly firstSeq: number;
  readonly events: readonly unknown[];
  readonly lostBefore: boolean;
}

function readHead(value: unknown, limits: IngestLimits): BatchHead | Refusal {
  const body = asObject(value, 'body');
  if (body instanceof Refusal) return body;
  const { firstSeq, events, lostBefore = false } = body;
  if (typeof lostBefore !== 'boolean') return refuse('BODY_INVALID', 'lostBefore must be true or false', { field: 'lostBefore' });
  if (!isFirstSeq(firstSeq))
    return refuse('EVENT_SEQ_INVALID', `firstSeq must be a whole number from 1 to ${maxSeq}`, { field: 'firstSeq' });
  if (!Array.isArray(events)) return refuse('BODY_INVALID', 'events must be a list', { field: 'events' });
  if (events.length <= limits.maxBatchEvents) return { firstSeq, events, lostBefore };
  const message = `a batch holds at most ${limits.maxBatchEvents} events`;
  return refuse('BATCH_TOO_LARGE', message, { field: 'events', facts: { maxBatchEvents: limits.maxBatchEvents } });
}

function isFirstSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= maxSeq;
}

function readEvent(value: unknown, path: string, seq: number, parser: EventParser): ReceivedEvent | Refusal {
  const members = asObject(value, path);
  if (members instanceof Refusal) return refuse('EVENT_INVALID', members.message, { field: path });
  const parsed = parser.parse(members['seq'] === undefined ? { ...members, seq } : value);
  if (!parsed.ok) {
    const field = parsed.field === '' ? path : `${path}.${parsed.field}`;
    return refuse('EVENT_INVALID', `${field} ${parsed.problem}`, { field });
  }
  const { event } = parsed;
  // Facts of the platform: an agent that sends one could forge a session's policy or somebody's edit.
  if (eventKindRules[event.kind].writer === 'platform') {
    return refuse('EVENT_KIND_RESERVED', `${path}.kind is written by the platform only`, { field: `${path}.kind` });
  }
  if (event.seq !== seq) {
    return refuse('EVENT_SEQ_INVALID', `${path}.seq must be ${seq}: seqs of a batch rise by one from firstSeq`, { field: `${path}.seq` });
  }
  return { event, selector: selectorOf(members), lostValue: lostValue(members, event) };
}

function selectorOf(members: Readonly<Record<string, unknown>>): string | undefined {
  const selector = memberOf(members['target'], 'selector');
  return typeof selector === 'string' ? selector : undefined;
}

function lostValue(members: Readonly<Record<string, unknown>>, event: CaptureEvent): boolean {
  if (members['kind'] === 'key.down') return event.kind !== 'key.down';
  const { text, checked } = event.input ?? {};
  return (memberOf(members['input'], 'text') ?? undefined) !== text || (memberOf(members['input'], 'checked') ?? undefined) !== checked;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Nothing can follow the end. */
function endsWell(received: readonly ReceivedEvent[]): Refusal | undefined {
  const end = received.findIndex(({ event }) => event.kind === 'session.finished');
  if (end === -1 || end === received.length - 1) return undefined;
  const field = `events[${end + 1}]`;
  return refuse('EVENT_SEQ_INVALID', `${field} follows session.finished, which is the last event of a session`, { field });
}

type Status = 'recording' | 'paused' | 'finished';

/** Status of the session after the events. */
export function statusAfter(events: readonly Pick<CaptureEvent, 'kind'>[], before: Status): Status {
  let status = before;
  for (const { kind } of events) {
    if (kind === 'session.paused') status = 'paused';
    else if (kind === 'session.resumed') status = 'recording';
    else if (kind === 'session.finished') status = 'finished';
  }
  return status;
}
