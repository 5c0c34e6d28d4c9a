import { sealed } from '../schemas/sealed.ts';
import { bufferSerde, jsonSerde } from '../schemas/serdes.ts';
import { stringKey } from '../state/keys/key-serdes.ts';
import type { DraftMessage } from './model.ts';
import { addDedupeStage } from './phash-dedupe/dedupe-stage.ts';
import type { DedupeSession } from './phash-dedupe/dedupe-state.ts';
import type { ImageTools } from './ports/image-tools.ts';
import type { Keyring } from './ports/keyring.ts';
import type { ObjectStore } from './ports/object-store.ts';
import { createImageStage } from './redact/derive-images.ts';
import type { PlannedMessage } from './redact/image-plan.ts';
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
 * phash-dedupe and redact as nodes: what comes in is raw, what goes out may be shown. What waits for a picture waits sealed: raw before redact, and
 * safe already, but of the session, behind it.
 */
export function createSafeStage(deps: SafeStageDeps): SafeStage {
  const seal = <T>() => sealed(jsonSerde<T>(), deps.keyring);
  return (builder, drafts) => {
    const imaged = addDedupeStage(builder, drafts, {
      serdes: { session: seal<DedupeSession>(), tiles: sealed(bufferSerde, deps.keyring), draft: seal<DraftMessage>() },
      ttlMs: deps.stateTtlMs,
      images: deps,
      concurrencyCount: deps.concurrencyCount,
    });
    type RedactContext = Parameters<typeof createRedactProcessor>[0];
    const planned = builder.processor('redact', {
      from: imaged,
      stores: redactStoreSpecs({ session: seal<RedactSession>(), field: seal<RedactField>() }, deps.stateTtlMs),
      create: (context: RedactContext) => createRedactProcessor(context),
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
  };
}
