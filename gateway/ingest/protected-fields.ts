import { createHash } from 'node:crypto';
import { withoutProtectedValues } from '../../schemas/protected-values.ts';
import type { CaptureEvent, Target } from '../../schemas/types/capture-event.ts';
import type { ReceivedEvent } from './event-batch.ts';

/**
 * What a session knows of its protected fields. Owned by the session's ingest state and used under its lock, in seq order.
 *
 * - P1: a field that was protected once stays protected, whatever a later event says of it ("show password" makes it a text field).
 * - P2: nothing that was typed there passes: values, names taken from values, checked states, and every key event while it has the focus.
 * - P3: in doubt, drop: a key without a target while the focus is protected or unknown, a value without a field while that is so.
 * - P4: seqs stay without holes: a dropped key leaves an `unknown` event without content.
 *
 * Fields are kept as hashes: this state travels in headers and in a topic of its own.
 */
export interface ProtectedFields {
  readonly fields: ReadonlySet<string>;
  /** Focus by explicit `focus`/`blur` events; `unknown` after a restart. Not kept: a restart is a doubt (P3). */
  readonly focus: 'unknown' | 'open' | 'protected';
}

export interface GuardedBatch {
  readonly events: readonly CaptureEvent[];
  readonly state: ProtectedFields;
  /** Field hashes that this batch added. */
  readonly added: readonly string[];
  /** Events that lost a value or a key. */
  readonly droppedCount: number;
}

export const noProtectedFields: ProtectedFields = { fields: new Set(), focus: 'unknown' };

/** Above this many, everything typed counts as protected: a page that marks more is not worth telling apart, and the state stays small. */
export const maxProtectedFields = 2_000;
const everything = '*';

/** Takes out of a batch what must not be appended. Marks of the whole batch count for all of it, the events before the mark too. */
export function guardProtected(received: readonly ReceivedEvent[], before: ProtectedFields): GuardedBatch {
  const { fields, added } = collect(received, before.fields);
  let focus = before.focus;
  let droppedCount = 0;
  let keptAtMs = received[0]?.event.atMs ?? 0;
  const events = received.map((one) => {
    const protectedField = isProtected(one, fields);
    const { kept, lost } = guardOne(one, { protectedField, focus, any: fields.size > 0, keptAtMs });
    focus = nextFocus(one.event, focus, protectedField);
    keptAtMs = kept.atMs;
    if (lost) droppedCount += 1;
    return kept;
  });
  return { events, state: { fields, focus }, added, droppedCount };
}

function collect(
  received: readonly ReceivedEvent[],
  known: ReadonlySet<string>,
): { fields: ReadonlySet<string>; added: readonly string[] } {
  if (known.has(everything)) return { fields: known, added: [] };
  const marked = received.filter(({ event }) => isMarked(event)).flatMap(identitiesOf);
  const added = [...new Set(marked)].filter((field) => !known.has(field));
  if (added.length === 0) return { fields: known, added };
  if (known.size + added.length > maxProtectedFields) return { fields: new Set([everything]), added: [everything] };
  return { fields: new Set([...known, ...added]), added };
}

function isMarked(event: CaptureEvent): boolean {
  return event.target?.protected === true || event.input?.valueClass === 'secret' || event.target?.tag?.toLowerCase() === 'input:password';
}

function isProtected(one: ReceivedEvent, fields: ReadonlySet<string>): boolean {
  if (isMarked(one.event)) return true;
  if (fields.size === 0) return false;
  return fields.has(everything) || identitiesOf(one).some((field) => fields.has(field));
}

/** Refs and selectors hold within a document, so the page is part of them: another page's `e5` is another field. */
function identitiesOf({ event, selector }: ReceivedEvent): string[] {
  const { target, page } = event;
  if (target === undefined) return [];
  const place = `${documentOf(page?.url)}|${page?.framePath ?? ''}`;
  const names: string[] = [];
  if (target.ref !== undefined) names.push(`ref|${page?.tabId ?? ''}|${place}|${target.ref}`);
  if (selector !== undefined) names.push(`selector|${place}|${selector}`);
  if (names.length === 0) names.push(`nameless|${place}`);
  return names.map((name) => createHash('sha256').update(name).digest('base64url').slice(0, 16));
}

function documentOf(url: string | undefined): string {
  return url?.replace(/[?#].*$/s, '') ?? '';
}

interface Situation {
  readonly protectedField: boolean;
  readonly focus: ProtectedFields['focus'];
  /** The session has a protected field at all. */
  readonly any: boolean;
  /** Time of the event before. */
  readonly keptAtMs: number;
}

interface Guarded {
  readonly kept: CaptureEvent;
  /** Something was taken out of it. */
  readonly lost: boolean;
}

function guardOne({ event, lostValue }: ReceivedEvent, now: Situation): Guarded {
  const doubtful = event.target === undefined && now.any && now.focus !== 'open';
  if (isKeyToDrop(event, now, doubtful, lostValue)) return { kept: emptied(event, now.keptAtMs), lost: true };
  if (!now.protectedField && !(event.input !== undefined && doubtful)) return { kept: event, lost: lostValue };
  const { kept, lost } = withoutValue(event);
  return { kept, lost: lost || lostValue };
}

/** The contract empties a key in a marked field on its own; here it gets the same look as the others. */
function isKeyToDrop(event: CaptureEvent, now: Situation, doubtful: boolean, lostValue: boolean): boolean {
  if (event.kind === 'unknown') return lostValue;
  return event.kind === 'key.down' && (now.protectedField || now.focus === 'protected' || doubtful);
}

/** P4. Not even its own time stays in it: the rhythm of keys says something of what was typed. */
function emptied(event: CaptureEvent, atMs: number): CaptureEvent {
  return { seq: event.seq, atMs, kind: 'unknown', reason: 'protected' };
}

/** As if the agent had marked the field itself: then the contract takes out what may not stay. */
function withoutValue(event: CaptureEvent): Guarded {
  const { input, target } = event;
  const kept = withoutProtectedValues({
    ...event,
    ...(target === undefined ? {} : { target: marked(target) }),
    ...(input === undefined ? {} : { input: { ...input, valueClass: input.valueClass === 'empty' ? 'empty' : 'secret' } }),
  });
  const taken: readonly unknown[] = [input?.text, input?.checked, event.note, target?.checked];
  return { kept, lost: taken.some((value) => value !== undefined) || kept.target?.name !== target?.name };
}

/** An editable element that is named by its content is named by its value. */
function marked(target: Target): Target {
  return { ...target, protected: true, ...(target.nameSource === 'content' ? { name: '', nameSource: 'none' } : {}) };
}

function nextFocus(event: CaptureEvent, focus: ProtectedFields['focus'], protectedField: boolean): ProtectedFields['focus'] {
  switch (event.kind) {
    case 'focus':
      return protectedField ? 'protected' : 'open';
    case 'blur':
      return 'open';
    case 'navigation':
      // A page that changes its URL by script keeps its focus.
      return event.navigation?.cause === 'spa' ? focus : 'open';
    case 'hover':
    case 'scroll':
    case 'pointer.up':
      return focus;
    default:
      return protectedField ? 'protected' : leftByPointer(event, focus);
  }
}

/** Agents that send no focus events: an event on another text field shows that the focus went there. A click elsewhere may not move it. */
function leftByPointer(event: CaptureEvent, focus: ProtectedFields['focus']): ProtectedFields['focus'] {
  const onField =
    event.kind === 'input' || ((event.kind === 'pointer.down' || event.kind === 'click') && textRoles.has(event.target?.role ?? ''));
  return onField && event.target !== undefined ? 'open' : focus;
}

const textRoles: ReadonlySet<string> = new Set(['textbox', 'searchbox', 'combobox', 'spinbutton']);
