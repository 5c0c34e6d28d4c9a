import { sealed } from '../schemas/sealed.ts';
import type { Serde } from '../schemas/serde.ts';
import { jsonSerde, stringSerde } from '../schemas/serdes.ts';
import type { Revision } from '../schemas/types/guide.ts';
import type { TopicRecords } from '../schemas/types/topic-records.ts';
import type { Processor, ProcessorContext, StreamRecord } from '../topology/builder/processor.ts';
import { createTopologyBuilder } from '../topology/builder/topology-builder.ts';
import type { Stream, Topology, TopologyBuilder } from '../topology/builder/topology-builder-api.ts';
import type { DraftMessage, OutputMessage, SafeMessage, SessionizeOutput } from './model.ts';
import type { Keyring } from './ports/keyring.ts';
import { defaultSessionizeOptions, type SessionizeOptions, type SessionState } from './sessionize/session-state.ts';
import { createSessionizeProcessor, sessionizeStoreSpecs } from './sessionize/sessionize-processor.ts';
import { boundaryStoreSpecs, createStepBoundaryProcessor } from './step-boundary/step-boundary-processor.ts';
import type { BoundaryState, TrackedStep } from './step-boundary/step-state.ts';
import { createTitleProcessor, titleStoreSpecs } from './title/title-processor.ts';
import { defaultTitleOptions, type TitledStep, type TitleOptions, type TitleState } from './title/title-state.ts';

/** The serdes of the topics that the chain reads and writes; `createTopicSerdes` makes them. Values of `capture.events` are sealed here. */
export type GuideTopicSerdes = {
  readonly [Topic in 'capture.events.v1' | 'guide.steps.v1' | 'guide.sessions.v1' | 'guide.finished.v1' | 'title.requests.v1']: Serde<
    TopicRecords[Topic]
  >;
};

/** redact and phash-dedupe: the nodes between a raw draft and a step that is safe to show. Of several streams, one carries every message in order. */
export type SafeStage = (
  builder: TopologyBuilder,
  drafts: Stream<string, DraftMessage>,
) => Stream<string, SafeMessage> | readonly Stream<string, SafeMessage>[];

export interface GuideTopologyOptions {
  readonly serdes: GuideTopicSerdes;
  /** Raw session payloads are sealed under the session's key: in the log, in stores, in changelogs. */
  readonly keyring: Keyring;
  readonly safeStage: SafeStage;
  /** `live` writes idle facts and asks models. `replay` reads both from the log and writes neither (T3). Default `live`. */
  readonly edition?: 'live' | 'replay';
  /** Default `guides`; an edition has its own (DESIGN §9). */
  readonly applicationName?: string;
  /** Put before output topics of an edition: `edition-7.guide.steps.v1`. */
  readonly outputPrefix?: string;
  readonly sessionize?: Partial<SessionizeOptions>;
  readonly title?: Partial<TitleOptions>;
}

/** Source and feedback of the chain (T3). */
export const captureTopic = 'capture.events.v1';

/**
 * The five processors as one sub-topology: one task a partition, one commit. Keys are `tenantId/sessionId` throughout.
 * Time of the task is ingest's clock (what state lives by, T5); time of a session is in its messages.
 */
export function buildGuideTopology(options: GuideTopologyOptions): Topology {
  const builder = createTopologyBuilder(options.applicationName ?? 'guides');
  const isLive = (options.edition ?? 'live') === 'live';
  const seal = <T>(serde: Serde<T>) => sealed(serde, options.keyring);
  const sealedJson = <T>() => seal(jsonSerde<T>());
  const isForgotten = (key: string) => options.keyring.peek(key) === 'gone';
  const sessionizeOptions = { ...defaultSessionizeOptions, ...options.sessionize, writesFacts: isLive, isForgotten };
  const ttlMs = sessionizeOptions.stateTtlMs;
  const chunks = seal(options.serdes['capture.events.v1']);

  const captured = builder.source('capture', {
    topic: captureTopic,
    key: stringSerde,
    value: chunks,
    timestampOf: ({ value }) => value.receivedAtMs,
  });
  const sessionizeStores = sessionizeStoreSpecs({ state: sealedJson<SessionState>(), open: jsonSerde<true>() }, ttlMs);
  type SessionizeContext = Parameters<typeof createSessionizeProcessor>[0];
  const sessionized = builder.processor('sessionize', {
    from: captured,
    stores: sessionizeStores,
    prefetch: ({ key }) => ({ sessions: [key] }),
    create: (context: SessionizeContext) => createSessionizeProcessor(context, sessionizeOptions),
  });
  if (isLive) addFeedback(builder, sessionized, chunks);

  type BoundaryContext = Parameters<typeof createStepBoundaryProcessor>[0];
  const drafts = builder.processor('step-boundary', {
    from: sessionized,
    stores: boundaryStoreSpecs({ state: sealedJson<BoundaryState>(), step: sealedJson<TrackedStep>() }, ttlMs),
    create: (context: BoundaryContext) => createStepBoundaryProcessor(context),
  });
  const safe = options.safeStage(builder, drafts);
  const titleOptions = { ...defaultTitleOptions, asksModels: isLive, ...options.title };
  type TitleContext = Parameters<typeof createTitleProcessor>[0];
  const outputs = builder.processor('title', {
    from: safe,
    stores: titleStoreSpecs({ state: sealedJson<TitleState>(), step: sealedJson<TitledStep>(), ahead: sealedJson<Revision>() }, ttlMs),
    create: (context: TitleContext) => createTitleProcessor(context, titleOptions),
  });
  addOutputs(builder, outputs, options, titleOptions.asksModels);
  return builder.build();
}

/** T3: the one declared edge back into the log. */
function addFeedback(
  builder: TopologyBuilder,
  sessionized: Stream<string, SessionizeOutput>,
  value: Serde<TopicRecords['capture.events.v1']>,
): void {
  const facts = pick(builder, 'idle-facts', sessionized, (output) => (output.type === 'idle-fact' ? output.chunk : undefined));
  builder.sink('idle-feedback', { from: facts, topic: captureTopic, key: stringSerde, value, feedback: true });
}

function addOutputs(
  builder: TopologyBuilder,
  outputs: Stream<string, OutputMessage>,
  { serdes, outputPrefix = '' }: GuideTopologyOptions,
  asksModels: boolean,
): void {
  const steps = pick(builder, 'step-outputs', outputs, (output) => (output.type === 'step' ? output.step : undefined));
  const sessions = pick(builder, 'session-outputs', outputs, (output) => (output.type === 'session' ? output.session : undefined));
  const guides = pick(builder, 'guide-outputs', outputs, (output) => (output.type === 'guide' ? output.guide : undefined));
  const key = stringSerde;
  builder.sink('steps', { from: steps, topic: `${outputPrefix}guide.steps.v1`, key, value: serdes['guide.steps.v1'] });
  builder.sink('sessions', { from: sessions, topic: `${outputPrefix}guide.sessions.v1`, key, value: serdes['guide.sessions.v1'] });
  builder.sink('guides', { from: guides, topic: `${outputPrefix}guide.finished.v1`, key, value: serdes['guide.finished.v1'] });
  if (!asksModels) return;
  const requests = pick(builder, 'title-requests', outputs, (output) => (output.type === 'title-request' ? output.request : undefined));
  builder.sink('requests', { from: requests, topic: 'title.requests.v1', key, value: serdes['title.requests.v1'] });
}

/** A node that passes on what `choose` makes of a message, and nothing for the others. */
function pick<In, Out>(
  builder: TopologyBuilder,
  name: string,
  from: Stream<string, In>,
  choose: (value: In) => Out | undefined,
): Stream<string, Out> {
  return builder.processor(name, {
    from,
    create: (context: ProcessorContext<string, Out>): Processor<string, In> => ({
      process({ value, ...record }: StreamRecord<string, In>): void {
        const chosen = choose(value);
        if (chosen !== undefined) context.forward({ ...record, value: chosen });
      },
    }),
  });
}
