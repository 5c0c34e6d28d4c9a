import { createSafeStage } from '../../processors/safe-stage.ts';
import { defaultSessionizeOptions } from '../../processors/sessionize/session-state.ts';
import { buildGuideTopology } from '../../processors/topology.ts';
import type { ImageTools } from '../../processors/ports/image-tools.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import type { SharedStorage } from './storage.ts';

/** What the topology is made of; to describe it, an empty one will do. */
export type TopologyStorage = Pick<SharedStorage, 'keyring' | 'objects' | 'serdes' | 'plainSerdes'>;

/** Sessions of a task whose pictures are on their way at a time: what one waits for, such as its object store, another uses. */
const sessionsAtATime = 4;

/** The chain with its adapters, as this process runs it. */
export function guideTopology(storage: TopologyStorage, originals: ObjectStore, images: ImageTools): Topology {
  const { keyring, objects, serdes, plainSerdes } = storage;
  const { stateTtlMs } = defaultSessionizeOptions;
  return buildGuideTopology({
    // The chain seals capture.events itself, beside its stores.
    serdes: { ...serdes, 'capture.events.v1': plainSerdes['capture.events.v1'] },
    keyring,
    safeStage: createSafeStage({ keyring, images, objects, originals, concurrencyCount: sessionsAtATime, stateTtlMs }),
  });
}
