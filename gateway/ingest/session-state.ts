import { sealed, type SealKeys } from '../../schemas/sealed.ts';
import { bufferSerde } from '../../schemas/serdes.ts';
import { hasCode } from '../../topology/base/errors.ts';
import type { Policy } from '../../schemas/types/capture-event.ts';
import type { ProtectedFields } from './protected-fields.ts';
import { noProtectedFields } from './protected-fields.ts';

/** What ingest knows of one recording: enough to ack, to drop secrets and to refuse, nothing of its content. Immutable. */
export interface SessionState {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly deviceId: string;
  readonly status: 'recording' | 'paused' | 'finished';
  /** All seqs up to it are durable in the log. */
  readonly ackedSeq: number;
  /** Ingest's clock. */
  readonly openedAtMs: number;
  readonly lastAppendAtMs: number;
  readonly clockSkewMs: number;
  readonly policy: Policy;
  readonly guarded: ProtectedFields;
}

/** Record key of the session in every topic, and the scope of its data key. */
export function scopeOf(tenantId: string, sessionId: string): string {
  return `${tenantId}/${sessionId}`;
}

/**
 * What a record of `capture.events` says of its session's ingest state, in the header `stepwright-ingest`; the state topic holds whole
 * states in the same form. Versions, oldest first: 1 JSON, one-letter names, fields as 16-letter hashes; sealed under the session's key like the chunk,
 * since it names a device and when somebody worked.
 */
export interface StateDelta {
  readonly deviceId: string;
  readonly status: SessionState['status'];
  readonly ackedSeq: number;
  readonly lastAppendAtMs: number;
  readonly addedFields: readonly string[];
  /** Of the first record of a session and of whole states. */
  readonly opened?: { readonly openedAtMs: number; readonly clockSkewMs: number; readonly policy: Policy };
}

const version = 1;

function encodeDelta(delta: StateDelta): Buffer {
  const { deviceId: d, status: s, ackedSeq: a, lastAppendAtMs: t, addedFields: f, opened: o } = delta;
  return Buffer.from(JSON.stringify({ v: version, d, s, a, t, ...(f.length === 0 ? {} : { f }), ...(o === undefined ? {} : { o }) }));
}

function decodeDelta(bytes: Buffer): StateDelta | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  return isWire(parsed)
    ? {
        deviceId: parsed.d,
        status: parsed.s,
        ackedSeq: parsed.a,
        lastAppendAtMs: parsed.t,
        addedFields: parsed.f ?? [],
        ...(parsed.o === undefined ? {} : { opened: parsed.o }),
      }
    : undefined;
}

/** Deltas as they are written, under the session's key. */
export interface DeltaCodec {
  /** @throws {SEAL_KEY_GONE} */
  encode(delta: StateDelta, scope: string): Buffer;
  /** `undefined` when the bytes are of another version or broken, or the session was deleted: as if the record were not ours. */
  decode(bytes: Buffer, scope: string): StateDelta | undefined;
}

export function createDeltaCodec(keyring: SealKeys): DeltaCodec {
  const serde = sealed(bufferSerde, keyring);
  return {
    encode: (delta, scope) => serde.serialize(encodeDelta(delta), Buffer.from(scope)),
    decode: (bytes, scope) => {
      try {
        return decodeDelta(serde.deserialize(bytes, Buffer.from(scope)));
      } catch (error) {
        if (hasCode(error, 'SEAL_KEY_GONE', 'SEAL_BROKEN')) return undefined;
        throw error;
      }
    },
  };
}

interface Wire {
  readonly v: 1;
  readonly d: string;
  readonly s: SessionState['status'];
  readonly a: number;
  readonly t: number;
  readonly f?: readonly string[];
  readonly o?: { readonly openedAtMs: number; readonly clockSkewMs: number; readonly policy: Policy };
}

/** These bytes are only ever written by `encodeDelta`: the version decides. */
function isWire(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && 'v' in value && value.v === version && 'd' in value && typeof value.d === 'string';
}

/** Folds a delta in. Older deltas change nothing, so a record may be folded twice. `undefined` when the first record is missing. */
export function foldDelta(
  ids: { readonly tenantId: string; readonly sessionId: string },
  before: SessionState | undefined,
  delta: StateDelta,
): SessionState | undefined {
  const opened = before ?? delta.opened;
  if (opened === undefined) return undefined;
  const { openedAtMs, clockSkewMs, policy } = opened;
  const base: SessionState = before ?? {
    ...ids,
    deviceId: delta.deviceId,
    status: delta.status,
    ackedSeq: delta.ackedSeq,
    openedAtMs,
    lastAppendAtMs: delta.lastAppendAtMs,
    clockSkewMs,
    policy,
    guarded: noProtectedFields,
  };
  const newer = delta.ackedSeq >= base.ackedSeq;
  // Another gateway took these events: where the focus is since then, only it knows (P3).
  const focus = delta.ackedSeq > base.ackedSeq ? 'unknown' : base.guarded.focus;
  return {
    ...base,
    status: newer ? delta.status : base.status,
    ackedSeq: Math.max(base.ackedSeq, delta.ackedSeq),
    lastAppendAtMs: Math.max(base.lastAppendAtMs, delta.lastAppendAtMs),
    guarded: { fields: withFields(base.guarded.fields, delta.addedFields), focus },
  };
}

/** The whole state as one delta. */
export function snapshotOf(state: SessionState): StateDelta {
  const { deviceId, status, ackedSeq, lastAppendAtMs, openedAtMs, clockSkewMs, policy, guarded } = state;
  return { deviceId, status, ackedSeq, lastAppendAtMs, addedFields: [...guarded.fields], opened: { openedAtMs, clockSkewMs, policy } };
}

/**
 * The state after an append, when another gateway may have appended to the session meanwhile: no ack goes back, and no field that was protected anywhere is
 * open again (P1).
 */
export function mergeStates(standing: SessionState | undefined, after: SessionState): SessionState {
  if (standing === undefined) return after;
  const fields = withFields(after.guarded.fields, [...standing.guarded.fields]);
  if (standing.ackedSeq <= after.ackedSeq) return { ...after, guarded: { fields, focus: after.guarded.focus } };
  return { ...standing, guarded: { fields, focus: 'unknown' } };
}

function withFields(fields: ReadonlySet<string>, added: readonly string[]): ReadonlySet<string> {
  return added.every((field) => fields.has(field)) ? fields : new Set([...fields, ...added]);
}
