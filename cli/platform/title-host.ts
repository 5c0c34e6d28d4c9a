import { setTimeout as delay } from 'node:timers/promises';
import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { TitleModel } from '../../processors/ports/title-model.ts';
import { answerChunk, createModelWorker, type ModelWorker } from '../../processors/title/model-worker.ts';
import type { TopicSerdes } from '../../schemas/avro-serde.ts';
import type { TitleRequest } from '../../schemas/types/usage.ts';
import type { SinkTarget } from '../../sinks/runner/sink-target.ts';
import { createObjectPositions } from '../../sinks/s3/object-positions.ts';
import type { Clock } from '../../topology/base/clock.ts';
import { partitionOfKey } from '../../topology/base/partition.ts';
import type { Log, OutputRecord } from '../../topology/log/log.ts';

export interface TitleHostOptions {
  readonly log: Log;
  readonly serdes: Pick<TopicSerdes, 'title.requests.v1' | 'capture.events.v1'>;
  readonly keyring: Keyring;
  /** Keeps how far the requests were answered. */
  readonly positions: ObjectStore;
  readonly partitionCount: number;
  readonly model: TitleModel;
  readonly clock: Clock;
}

/**
 * The way out and back of a model's titles (DESIGN §5.5): a sink that reads `title.requests.v1`, asks the model, and writes each answer into its session
 * as a fact. A request that comes twice after a crash is answered twice; the session takes the answer once. Nothing waits for it.
 */
export function createTitleHost(options: TitleHostOptions): SinkTarget<TitleRequest> {
  const { log, serdes, clock } = options;
  const producer = log.openProducer();
  const stopping = new AbortController();
  const positions = createObjectPositions(options.positions, 'title-model');
  const wait = (delayMs: number, signal: AbortSignal): Promise<void> => delay(delayMs, undefined, { signal });
  const worker = createModelWorker({
    model: options.model,
    time: { nowMs: () => clock.nowMs(), wait },
    perMinuteCount: 600,
    cacheCount: 10_000,
    attemptCount: 3,
  });
  return {
    name: 'title-model',
    topics: ['title.requests.v1'],
    decode: (_topic, { key, value }) =>
      value === null ? undefined : serdes['title.requests.v1'].deserialize(value, key ?? Buffer.alloc(0)),
    positions: () => positions.read(),
    async apply({ rows, ranges }) {
      for (const { row } of rows) {
        const record = await answerRecord(options, worker, row, stopping.signal);
        if (record !== undefined) await (await producer).send([record]);
      }
      await positions.write(ranges);
    },
    // Requests are sealed under the session's key, which is gone by then.
    forget: async () => 0,
    close: async () => {
      stopping.abort();
      await (await producer).close();
    },
  };
}

async function answerRecord(
  options: TitleHostOptions,
  worker: ModelWorker,
  request: TitleRequest,
  signal: AbortSignal,
): Promise<OutputRecord | undefined> {
  const scope = `${request.tenantId}/${request.sessionId}`;
  if (options.keyring.peek(scope) === 'gone') return undefined;
  const answer = await worker.answer(request, signal);
  if (answer === undefined) return undefined;
  const timestampMs = options.clock.nowMs();
  const key = Buffer.from(scope);
  const value = options.serdes['capture.events.v1'].serialize(answerChunk(request, answer, timestampMs), key);
  return { topic: 'capture.events.v1', partition: partitionOfKey(key, options.partitionCount), key, value, timestampMs };
}
