import { createTopicSerdes, type TopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { sealed } from '../../schemas/sealed.ts';
import type { Serde } from '../../schemas/serde.ts';
import { stringSerde } from '../../schemas/serdes.ts';
import type { CaptureChunk } from '../../schemas/types/capture-event.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../../topology/builder/processor.ts';
import { createTopologyTestDriver, type TestDriverOptions, type TopologyTestDriver } from '../../topology/testing/topology-test-driver.ts';
import type { DraftMessage, SafeMessage } from '../model.ts';
import { createMemoryKeyring } from '../ports/memory-keyring.ts';
import { buildGuideTopology, captureTopic, type GuideTopologyOptions, type SafeStage } from '../topology.ts';
import { passThrough } from './pass-through.ts';

/** Neither pictures nor redaction: what the chain's other tests need. */
export const passThroughStage: SafeStage = (builder, drafts) =>
  builder.processor('pass-through', {
    from: drafts,
    create: (context: ProcessorContext<string, SafeMessage>): Processor<string, DraftMessage> => ({
      process: (record: StreamRecord<string, DraftMessage>) => context.forward({ ...record, value: passThrough(record.value) }),
    }),
  });

export interface GuideDriver {
  readonly driver: TopologyTestDriver;
  readonly serdes: TopicSerdes;
  readonly chunkSerde: Serde<CaptureChunk>;
  take(...chunks: readonly CaptureChunk[]): Promise<void>;
}

/** The whole topology on the engine's test driver. */
export async function createGuideDriver(
  options: Partial<GuideTopologyOptions> = {},
  driverOptions: Partial<TestDriverOptions> = {},
): Promise<GuideDriver> {
  const serdes = await createTopicSerdes(createMemoryRegistry());
  const keyring = options.keyring ?? createMemoryKeyring('seed');
  const topology = buildGuideTopology({ serdes, keyring, safeStage: passThroughStage, ...options });
  const driver = await createTopologyTestDriver({ topology, ...driverOptions });
  const chunkSerde = sealed(serdes['capture.events.v1'], keyring);
  const input = driver.input(captureTopic, stringSerde, chunkSerde);
  return {
    driver,
    serdes,
    chunkSerde,
    take: (...chunks) => input.pipeAll(chunks.map((chunk) => ({ key: `${chunk.tenantId}/${chunk.sessionId}`, value: chunk }))),
  };
}
