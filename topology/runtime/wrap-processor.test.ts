/** Tracing as an example of a wrapper: a span for each record and timer of each processor, without a line in any processor (KIP-1112). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import type { Processor } from '../builder/processor.ts';
import { createSampleTopology, type Amount } from '../testing/sample-topology.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';
import type { WrapProcessor } from './wrap-processor.ts';

interface Span {
  readonly node: string;
  readonly taskId: string;
  readonly what: string;
  /** Where the record came from, so that a trace goes on from process to process. */
  readonly source: string | undefined;
}

function traced(spans: Span[]): WrapProcessor {
  return (node, supplier) => (context) => {
    const inner = supplier(context);
    const span = (what: string) => {
      const source = context.source();
      spans.push({ node, taskId: context.taskId, what, source: source && `${source.topic}-${source.partition}@${source.offset}` });
    };
    const outer: Processor<unknown, unknown> = {
      process: (record) => {
        span(`process ${String(record.key)}`);
        inner.process(record);
      },
      onTimer: (timer) => {
        span(`timer ${timer.name}`);
        inner.onTimer?.(timer);
      },
      close: () => inner.close?.(),
    };
    return outer;
  };
}

test('a wrapper sees every record and timer of every processor, and outputs stay as they are', async () => {
  const spans: Span[] = [];
  const driver = await createTopologyTestDriver({ topology: createSampleTopology(), wrapProcessor: traced(spans) });
  const reports = driver.output('reports', stringSerde, jsonSerde<{ readonly kind: string }>());
  const input = driver.input('amounts', stringSerde, jsonSerde<Amount>());
  await input.pipe('a', { amount: 1 }, 1_000);
  await input.pipe('a', { amount: 2 }, 5_000);
  await driver.settle();
  assert.deepEqual(spans, [
    { node: 'sum', taskId: '0_0', what: 'process a', source: 'amounts-0@0' },
    { node: 'sum', taskId: '0_0', what: 'timer quiet', source: 'amounts-0@1' },
    { node: 'sum', taskId: '0_0', what: 'process a', source: 'amounts-0@1' },
  ]);
  assert.deepEqual(
    (await reports.read()).map(({ value }) => value?.kind),
    ['total', 'quiet', 'total'],
  );
  await driver.close();
});
