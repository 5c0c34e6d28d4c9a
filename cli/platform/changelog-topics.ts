import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { createMemoryObjectStore } from '../../sinks/memory/memory-object-store.ts';
import { guideTopology } from './guide-topology.ts';

/** Names of all changelogs of the platform, from its own declaration. */
export async function changelogTopics(): Promise<readonly string[]> {
  const keyring = createMemoryKeyring();
  const objects = createMemoryObjectStore();
  const serdes = await createTopicSerdes(createMemoryRegistry());
  const topology = guideTopology({ keyring, objects, serdes, plainSerdes: serdes }, objects, createImageTools());
  return topology.describe().subTopologies.flatMap(({ changelogs }) => changelogs);
}
