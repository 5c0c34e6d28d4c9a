import type { Serde } from '../../schemas/serde.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import type { Stream, TopologyBuilder } from '../../topology/builder/topology-builder-api.ts';
import type { ImagedMessage, SafeMessage } from '../model.ts';
import { createImageStage, type ImageStageDeps } from './derive-images.ts';
import type { PlannedMessage } from './image-plan.ts';
import { createRedactProcessor, redactStoreSpecs } from './redact-processor.ts';
import type { RedactField, RedactSession } from './redact-state.ts';

export interface RedactStageOptions {
  /** Of what is kept and of what waits for its picture; sealed in a deployed topology. */
  readonly serdes: {
    readonly session: Serde<RedactSession>;
    readonly field: Serde<RedactField>;
    readonly planned: Serde<PlannedMessage>;
  };
  /** How long state outlives its last change, in partition time (T5). */
  readonly ttlMs: number;
  readonly images: ImageStageDeps;
  /** Sessions whose pictures are made at a time. Default 4. */
  readonly concurrencyCount?: number;
}

/** The nodes `redact` and `derive-images`, in this order. */
export function addRedactStage(
  builder: TopologyBuilder,
  imaged: Stream<string, ImagedMessage>,
  options: RedactStageOptions,
): Stream<string, SafeMessage> {
  const { serdes, ttlMs, concurrencyCount = 4 } = options;
  type Context = Parameters<typeof createRedactProcessor>[0];
  const planned = builder.processor('redact', {
    from: imaged,
    stores: redactStoreSpecs(serdes, ttlMs),
    create: (context: Context) => createRedactProcessor(context),
  });
  const stage = createImageStage(options.images);
  return builder.mapAsync<string, PlannedMessage, SafeMessage>('derive-images', {
    from: planned,
    concurrencyCount,
    key: stringKey,
    input: serdes.planned,
    map: stage.map,
    bypass: stage.bypass,
  });
}
