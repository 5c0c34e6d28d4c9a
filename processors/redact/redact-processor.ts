import type { Serde } from '../../schemas/serde.ts';
import type { CaptureEvent, Policy } from '../../schemas/types/capture-event.ts';
import { pairKey, stringKey } from '../../state/keys/key-serdes.ts';
import { ttlStore, type TtlKeyValueStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { DraftMessage, FactMessage, RedactedMessage, SessionChanged, SessionInfo } from '../model.ts';
import { emptyField, emptySession, fieldIdOf, type RedactField, type RedactSession } from './redact-state.ts';
import { redactStep } from './redact-step.ts';
import { createRedactor, type Redactor } from './redactor.ts';

/** (session, field): a session's fields lie together. */
export type FieldKey = readonly [session: string, field: string];
const fieldKey = pairKey(stringKey, stringKey);

export interface RedactStores {
  readonly sessions: TtlKeyValueStore<string, RedactSession>;
  readonly fields: TtlKeyValueStore<FieldKey, RedactField>;
}

/** `field` should be sealed: typed values, redacted by policy, are in it. State ends `ttlMs` of partition time after its last change (T5). */
export function redactStoreSpecs(serdes: { readonly session: Serde<RedactSession>; readonly field: Serde<RedactField> }, ttlMs: number) {
  return {
    sessions: ttlStore<string, RedactSession>('redact-sessions', { key: stringKey, value: serdes.session, ttlMs }),
    fields: ttlStore<FieldKey, RedactField>('redact-fields', { key: fieldKey, value: serdes.field, ttlMs }),
  };
}

type Context = ProcessorContext<string, RedactedMessage, RedactStores>;
type DraftStep = Extract<DraftMessage, { readonly type: 'step' }>;

/**
 * step-boundary → redact → picture nodes and title. Owns what is remembered of a session's secrets; makes no picture. Every text that goes on was
 * looked at, in every kind of message. Deterministic: policy and state decide, and both come from the session's own records (T1).
 */
export function createRedactProcessor(context: Context): Processor<string, DraftMessage> {
  const { sessions, fields } = context.stores;
  const redactorOf = createRedactorCache();

  function onStep(record: StreamRecord<string, DraftStep>): void {
    const { session: info, step } = record.value;
    const redactor = redactorOf(info.policy);
    const place: FieldKey | undefined = step.target === undefined ? undefined : [record.key, fieldIdOf(step, step.target)];
    const session = sessions.get(record.key) ?? emptySession;
    const field = (place === undefined ? undefined : fields.get(place)) ?? emptyField;
    const result = redactStep({ scope: record.key, step, session, field }, redactor);
    if (result.session !== session) sessions.put(record.key, result.session);
    if (place !== undefined && result.field !== field) fields.put(place, result.field);
    const safeInfo = safeSession(info, redactor);
    for (const redacted of [...result.takenBack, result.redacted]) {
      context.forward({ ...record, value: { type: 'step', session: safeInfo, ...redacted } });
    }
  }

  return {
    process(record: StreamRecord<string, DraftMessage>): void {
      const { value } = record;
      if (value.type === 'step') onStep({ ...record, value });
      else context.forward({ ...record, value: value.type === 'session' ? safeChange(value, redactorOf) : safeFact(value, redactorOf) });
    },
  };
}

type RedactorOf = (policy: Policy) => Redactor;

/** One redactor a policy, so that its memory serves all sessions under it; the oldest of 64 goes first. */
function createRedactorCache(): RedactorOf {
  const byPolicy = new Map<string, Redactor>();
  return (policy) => {
    const key = `${policy.mode} ${policy.redact.join(' ')}`;
    const known = byPolicy.get(key);
    if (known !== undefined) return known;
    const [oldest] = byPolicy.size < 64 ? [] : byPolicy.keys();
    if (oldest !== undefined) byPolicy.delete(oldest);
    const redactor = createRedactor(policy);
    byPolicy.set(key, redactor);
    return redactor;
  };
}

function safeSession(info: SessionInfo, redactor: Redactor): SessionInfo {
  return info.title === undefined ? info : { ...info, title: redactor.text(info.title).text };
}

function safeChange(message: SessionChanged, redactorOf: RedactorOf): SessionChanged {
  const redactor = redactorOf(message.session.policy);
  const { upsert } = message;
  const title = redactor.text(upsert.title).text;
  const warnings = upsert.warnings.map((warning) => redactor.text(warning).text);
  return { ...message, session: safeSession(message.session, redactor), upsert: { ...upsert, title, warnings } };
}

/** Of a fact only what title needs goes on: the answer or the edit, its words redacted like any others (a policy binds editors and models too). */
function safeFact(message: FactMessage, redactorOf: RedactorOf): FactMessage {
  const redactor = redactorOf(message.session.policy);
  const { seq, atMs, kind, answer, edit } = message.event;
  const text = edit?.text === undefined ? {} : { text: redactor.text(edit.text).text };
  const event: CaptureEvent = {
    seq,
    atMs,
    kind,
    ...(answer === undefined ? {} : { answer: { ...answer, title: redactor.text(answer.title).text } }),
    ...(edit === undefined ? {} : { edit: { ...edit, ...text } }),
  };
  return { ...message, session: safeSession(message.session, redactor), event };
}
