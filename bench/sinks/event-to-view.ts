import { setTimeout as delay } from 'node:timers/promises';
import { jsonSerde } from '../../sinks/contracts/json-serde.ts';
import { revision, sessionRow, stepRow } from '../../sinks/contracts/view-fixtures.ts';
import type { ViewReader, ViewWriter } from '../../sinks/ports/views.ts';
import { SinkRunner } from '../../sinks/runner/sink-runner.ts';
import { createViewTarget, type ViewRow } from '../../sinks/views/view-target.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import type { Log } from '../../topology/log/log.ts';

const topics = ['guide.steps.v1', 'guide.sessions.v1', 'guide.finished.v1'] as const;
const serdes = { 'guide.steps.v1': jsonSerde<never>(), 'guide.sessions.v1': jsonSerde<never>(), 'guide.finished.v1': jsonSerde<never>() };
const sessionCount = 50;

export interface Pace {
  readonly perSecond: number;
  readonly seconds: number;
  /** Of the sessions. */
  readonly prefix: string;
}

/**
 * Sends steps at a pace and answers, for each, the milliseconds from its append to the moment when it and all before it stand for every reader: log, runner with its own
 * settings (20 ms linger), views. The log must not have the topics yet.
 */
export async function eventToView(
  log: Log,
  views: ViewWriter & ViewReader,
  { perSecond, seconds, prefix }: Pace,
): Promise<readonly number[]> {
  await log.createTopics(topics.map((name) => ({ name, partitionCount: 1 })));
  const runner = new SinkRunner<ViewRow>({
    log,
    target: createViewTarget(views, serdes),
    clock: createSystemClock(),
    random: Math.random,
    deadLetters: async () => {},
  });
  runner.start();
  const producer = await log.openProducer();
  const append = async (topic: string, row: object, key: string): Promise<bigint> => {
    const [offset = 0n] = await producer.send([
      { topic, partition: 0, key: Buffer.from(key), value: Buffer.from(JSON.stringify(row)), timestampMs: 0 },
    ]);
    return offset;
  };
  const placeOf = (index: number) => ({ tenantId: 'bench', sessionId: `${prefix}-${index % sessionCount}`, revision: revision(index + 1) });
  for (let index = 0; index < sessionCount; index++) {
    const place = placeOf(index);
    await append('guide.sessions.v1', sessionRow(place), place.sessionId);
  }
  const waits: Promise<number>[] = [];
  const startedAtMs = performance.now();
  const count = perSecond * seconds;
  for (let index = 0; index < count; index++) {
    const dueMs = startedAtMs + (index * 1_000) / perSecond - performance.now();
    if (dueMs > 1) await delay(dueMs);
    const place = placeOf(index);
    const sentAtMs = performance.now();
    // Side by side, as many agents send: one that waits for the log does not hold up the next.
    const appended = append('guide.steps.v1', stepRow({ ...place, stepId: `step-${index}`, order: index }), place.sessionId);
    const stands = appended.then((offset) => runner.whenApplied([{ topic: 'guide.steps.v1', partition: 0, nextOffset: offset + 1n }]));
    waits.push(stands.then(() => performance.now() - sentAtMs));
  }
  const durations = await Promise.all(waits);
  const last = await views.liveSteps('bench', `${prefix}-${(count - 1) % sessionCount}`);
  if (typeof last !== 'object' || last.steps.at(-1)?.stepId !== `step-${count - 1}`) throw new Error('the last step is not in the view');
  await producer.close();
  await runner.close();
  return durations;
}
