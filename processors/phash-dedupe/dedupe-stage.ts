import type { Serde } from '../../schemas/serde.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import type { Stream, TopologyBuilder } from '../../topology/builder/topology-builder-api.ts';
import type { ImagedMessage, RedactedMessage } from '../model.ts';
import { createDedupeProcessor, dedupeStoreSpecs } from './dedupe-processor.ts';
import type { DedupeSession } from './dedupe-state.ts';
import { createFingerprintStage, type FingerprintedMessage, type FingerprintStageDeps } from './fingerprint-stage.ts';

export interface DedupeStageOptions {
  /** Of what is kept and of what waits for its fingerprint; sealed in a deployed topology. */
  readonly serdes: {
    readonly session: Serde<DedupeSession>;
    readonly tiles: Serde<Buffer>;
    readonly step: Serde<RedactedMessage>;
  };
  /** How long state outlives its last change, in partition time (T5). */
  readonly ttlMs: number;
  readonly images: FingerprintStageDeps;
  /** Sessions whose pictures are looked at at a time. Default 4. */
  readonly concurrencyCount?: number;
}

/** The nodes `phash-dedupe-fingerprints` and `phash-dedupe`, in this order. */
export function addDedupeStage(
  builder: TopologyBuilder,
  steps: Stream<string, RedactedMessage>,
  options: DedupeStageOptions,
): Stream<string, ImagedMessage> {
  const { serdes, ttlMs, concurrencyCount = 4 } = options;
  const stage = createFingerprintStage(options.images);
  const fingerprinted = builder.mapAsync<string, RedactedMessage, FingerprintedMessage>('phash-dedupe-fingerprints', {
    from: steps,
    concurrencyCount,
    key: stringKey,
    input: serdes.step,
    map: stage.map,
    bypass: stage.bypass,
  });
  type Context = Parameters<typeof createDedupeProcessor>[0];
  return builder.processor('phash-dedupe', {
    from: fingerprinted,
    stores: dedupeStoreSpecs(serdes, ttlMs),
    create: (context: Context) => createDedupeProcessor(context),
  });
}
