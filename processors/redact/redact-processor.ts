import type { KeySerde, Serde } from '../../schemas/serde.ts';
import type { CaptureEvent, Policy } from '../../schemas/types/capture-event.ts';
import { ttlStore, type TtlKeyValueStore } from '../../state/store.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import type { FactMessage, ImagedMessage, SessionChanged, SessionInfo } from '../model.ts';
import type { PlannedMessage } from './image-plan.ts';
import { emptyField, emptySession, fieldIdOf, type RedactField, type RedactSession } from './redact-state.ts';
import { redactStep } from './redact-step.ts';
import { createRedactor, type Redactor } from './redactor.ts';

export interface RedactStores {
  /** By record key. */
  readonly sessions: TtlKeyValueStore<string, RedactSession>;
  /** By record key, newline, field. */
  readonly fields: TtlKeyValueStore<string, RedactField>;
}

/** What the session's node keeps; `value` should be sealed: steps of a field are kept with their redacted values. */
export function redactSessionStoreSpec(serdes: { readonly key: KeySerde<string>; readonly value: Serde<RedactSession> }, ttlMs: number) {
  return ttlStore<string, RedactSession>('redact-sessions', { ...serdes, ttlMs });
}

export function redactFieldStoreSpec(serdes: { readonly key: KeySerde<string>; readonly value: Serde<RedactField> }, ttlMs: number) {
  return ttlStore<string, RedactField>('redact-fields', { ...serdes, ttlMs });
}

type Context = ProcessorContext<string, PlannedMessage, RedactStores>;
type ImagedStep = Extract<ImagedMessage, { readonly type: 'step' }>;

/**
 * phash-dedupe → redact → image stage. Owns what is remembered of a session's secrets; makes no picture. Every text that goes on was looked at,
 * in every kind of message. Deterministic: policy and state decide, and both come from the session's own records (T1).
 */
export function createRedactProcessor(context: Context): Processor<string, ImagedMessage> {
  const { sessions, fields } = context.stores;
  const redactorOf = createRedactorCache();

  function onStep(record: StreamRecord<string, ImagedStep>): void {
    const { session: info, step, chosen } = record.value;
    const redactor = redactorOf(info.policy);
    const fieldKey = step.target === undefined ? undefined : `${record.key}\n${fieldIdOf(step, step.target)}`;
    const session = sessions.get(record.key) ?? emptySession;
    const field = (fieldKey === undefined ? undefined : fields.get(fieldKey)) ?? emptyField;
    const result = redactStep({ scope: record.key, step, chosen, session, field }, redactor);
    if (result.session !== session) sessions.put(record.key, result.session);
    if (fieldKey !== undefined && result.field !== field) fields.put(fieldKey, result.field);
    const safeInfo = safeSession(info, redactor);
    for (const planned of [...result.takenBack, result.planned]) {
      context.forward({ ...record, value: { type: 'step', session: safeInfo, ...planned } });
    }
  }

  return {
    process(record: StreamRecord<string, ImagedMessage>): void {
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
