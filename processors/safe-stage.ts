import { sealed } from '../schemas/sealed.ts';
import { bufferSerde, jsonSerde } from '../schemas/serdes.ts';
import { stringKey } from '../state/keys/key-serdes.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../topology/builder/processor.ts';
import type { Stream, TopologyBuilder } from '../topology/builder/topology-builder-api.ts';
import type { AheadMessage, ImagedMessage, RedactedMessage, SafeMessage } from './model.ts';
import { addDedupeStage } from './phash-dedupe/dedupe-stage.ts';
import type { DedupeSession } from './phash-dedupe/dedupe-state.ts';
import type { ImageTools } from './ports/image-tools.ts';
import type { Keyring } from './ports/keyring.ts';
import type { ObjectStore } from './ports/object-store.ts';
import { createImageStage } from './redact/derive-images.ts';
import { planMessage, type PlannedMessage } from './redact/image-plan.ts';
import { createRedactProcessor, redactStoreSpecs } from './redact/redact-processor.ts';
import type { RedactField, RedactSession } from './redact/redact-state.ts';
import type { SafeStage } from './topology.ts';

export interface SafeStageDeps {
  readonly keyring: Keyring;
  readonly images: ImageTools;
  /** Where redacted derivatives go. */
  readonly objects: ObjectStore;
  /** Opens what is in quarantine. */
  readonly originals: Pick<ObjectStore, 'get'>;
  /** Pictures made at a time, over all sessions of a task. */
  readonly concurrencyCount: number;
  /** How long state of a session is kept after its last record; equal in all nodes. */
  readonly stateTtlMs: number;
}

/**
 * redact and phash-dedupe as nodes: what comes in is raw, what goes out may be shown.
 *
 * ```
 * redact (words) ─┬─▶ fingerprints ▶ phash-dedupe ▶ plan ▶ images ─▶ title     the lane: everything, in order, as pictures are ready
 *                 └─▶ ahead ───────────────────────────────────────▶ title     words of steps, at once
 * ```
 *
 * What decides a guide flows through the lane alone, so no result depends on how long a picture took (T1). What waits there is redacted and sealed.
 * The lane is the first child: a step that waits for nothing reaches title there before it does ahead, and is not sent twice.
 */
export function createSafeStage(deps: SafeStageDeps): SafeStage {
  const seal = <T>() => sealed(jsonSerde<T>(), deps.keyring);
  return (builder, drafts) => {
    type RedactContext = Parameters<typeof createRedactProcessor>[0];
    const redacted = builder.processor('redact', {
      from: drafts,
      stores: redactStoreSpecs({ session: seal<RedactSession>(), field: seal<RedactField>() }, deps.stateTtlMs),
      create: (context: RedactContext) => createRedactProcessor(context),
    });
    const lane = addPictureLane(builder, redacted, deps);
    return [lane, addAhead(builder, redacted)];
  };
}

function addPictureLane(
  builder: TopologyBuilder,
  redacted: Stream<string, RedactedMessage>,
  deps: SafeStageDeps,
): Stream<string, SafeMessage> {
  const seal = <T>() => sealed(jsonSerde<T>(), deps.keyring);
  const imaged = addDedupeStage(builder, redacted, {
    serdes: { session: seal<DedupeSession>(), tiles: sealed(bufferSerde, deps.keyring), step: seal<RedactedMessage>() },
    ttlMs: deps.stateTtlMs,
    images: deps,
    concurrencyCount: deps.concurrencyCount,
  });
  const planned = builder.processor('redact-plan', {
    from: imaged,
    create: (context: ProcessorContext<string, PlannedMessage>): Processor<string, ImagedMessage> => ({
      process: (record: StreamRecord<string, ImagedMessage>) => context.forward({ ...record, value: planMessage(record.value) }),
    }),
  });
  const stage = createImageStage(deps);
  return builder.mapAsync('redact-images', {
    from: planned,
    concurrencyCount: deps.concurrencyCount,
    key: stringKey,
    input: seal<PlannedMessage>(),
    map: (record) => stage.map(record),
    bypass: (record) => stage.bypass(record),
  });
}

function addAhead(builder: TopologyBuilder, redacted: Stream<string, RedactedMessage>): Stream<string, SafeMessage> {
  return builder.processor('redact-ahead', {
    from: redacted,
    create: (context: ProcessorContext<string, AheadMessage>): Processor<string, RedactedMessage> => ({
      process({ value, ...record }: StreamRecord<string, RedactedMessage>): void {
        if (value.type === 'step') context.forward({ ...record, value: { type: 'ahead', session: value.session, step: value.step } });
      },
    }),
  });
}
