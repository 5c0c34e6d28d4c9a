import { compileParser, Mismatch } from './codec/compile-parser.ts';
import { parseSchema } from './codec/parse-schema.ts';
import type { RecordNode } from './codec/schema-model.ts';
import { eventKindRules } from './event-kinds.ts';
import type { CaptureEvent } from './types/capture-event.ts';
import { topicSchemas } from './types/topic-records.ts';
import { withoutProtectedValues } from './protected-values.ts';

/** `field` is a path (`target.rect.x`), empty for the event itself; `problem` says what is wrong, never the value. */
export type ParsedEvent =
  | { readonly ok: true; readonly event: CaptureEvent }
  | { readonly ok: false; readonly field: string; readonly problem: string };

/** Checks events that come from outside. */
export interface EventParser {
  /**
   * An event of the contract (docs/events.md), as any writer may send it. Shape, ranges and sizes are strict; unknown properties are dropped, an unknown
   * kind becomes `unknown`, and what must never enter is taken out (`withoutProtectedValues`).
   */
  parse(value: unknown): ParsedEvent;
  /** The same, for what an agent sends: facts that only the platform writes are refused, and so is seq 0. */
  parseFromAgent(value: unknown): ParsedEvent;
}

/** Compiles the parser from the newest schema of `capture.events.v1`; make one a process. */
export function createEventParser(): EventParser {
  const parseFields = compileParser(eventNode());
  const parse = (value: unknown): ParsedEvent => {
    const parsed = parseFields(value);
    if (parsed instanceof Mismatch) return { ok: false, field: parsed.field, problem: parsed.problem };
    // The parser is compiled from the schema that the type is generated from: this is where the two meet.
    const event = parsed as CaptureEvent;
    const missing = eventKindRules[event.kind].required.find((name) => event[name] === undefined);
    if (missing !== undefined) return { ok: false, field: missing, problem: `is missing: an event of kind ${event.kind} carries it` };
    return { ok: true, event: withoutProtectedValues(event) };
  };
  return { parse, parseFromAgent: (value) => refusePlatformFacts(parse(value)) };
}

function refusePlatformFacts(parsed: ParsedEvent): ParsedEvent {
  if (!parsed.ok) return parsed;
  const { kind, seq } = parsed.event;
  if (eventKindRules[kind].writer === 'platform') return { ok: false, field: 'kind', problem: `${kind} is written by the platform only` };
  if (seq === 0) return { ok: false, field: 'seq', problem: 'must be 1 or more: 0 is session.opened' };
  return parsed;
}

function eventNode(): RecordNode {
  const { root } = parseSchema(topicSchemas['capture.events.v1'].at(-1) ?? '');
  const events = root.fields.find((field) => field.name === 'events')?.node;
  if (events?.kind === 'array' && events.items.kind === 'record') return events.items;
  throw new TypeError('the schema of capture.events.v1 has no array of events');
}
