import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createSafeStage } from '../../processors/safe-stage.ts';
import { defaultSessionizeOptions } from '../../processors/sessionize/session-state.ts';
import { buildGuideTopology } from '../../processors/topology.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { createMemoryObjectStore } from '../../sinks/memory/memory-object-store.ts';

/** Names of all changelogs of the platform, from its own declaration. */
export async function changelogTopics(): Promise<readonly string[]> {
  const keyring = createMemoryKeyring();
  const objects = createMemoryObjectStore();
  const { stateTtlMs } = defaultSessionizeOptions;
  const topology = buildGuideTopology({
    serdes: await createTopicSerdes(createMemoryRegistry()),
    keyring,
    safeStage: createSafeStage({ keyring, objects, originals: objects, images: createImageTools(), concurrencyCount: 1, stateTtlMs }),
  });
  return topology.describe().subTopologies.flatMap(({ changelogs }) => changelogs);
}
