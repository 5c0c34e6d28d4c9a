import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde, stringSerde } from '../../schemas/serdes.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import { keyValueStore } from '../../state/store.ts';
import type { StreamRecord } from './processor.ts';
import { createTopologyBuilder } from './topology-builder.ts';
import type { Stream, TopologyBuilder } from './topology-builder-api.ts';

type Text = Stream<string, string>;

const store = (name: string) => keyValueStore(name, { key: stringKey, value: jsonSerde<number>() });

function source(builder: TopologyBuilder, name: string): Text {
  return builder.source(name, { topic: `${name}-topic`, key: stringSerde, value: stringSerde });
}

function pass(builder: TopologyBuilder, name: string, from: Text | readonly Text[], stores = {}): Text {
  return builder.processor<string, string, string, string, typeof stores>(name, {
    from,
    stores,
    create: (context) => ({ process: (record: StreamRecord<string, string>) => context.forward(record) }),
  });
}

function sink(builder: TopologyBuilder, name: string, from: Text, to: { readonly topic: string; readonly feedback?: true }): void {
  builder.sink(name, { ...to, from, key: stringSerde, value: stringSerde });
}

const refusal = (message: RegExp) => ({ code: 'TOPOLOGY_INVALID', message });

test('two nodes of one name are refused when the second is declared', () => {
  const builder = createTopologyBuilder('app');
  source(builder, 'in');
  assert.throws(() => source(builder, 'in'), refusal(/two nodes are named "in"/));
});

test('a name that cannot be part of a topic name is refused', () => {
  assert.throws(() => createTopologyBuilder('my app'), refusal(/application name "my app"/));
  assert.throws(() => source(createTopologyBuilder('app'), 'a/b'), refusal(/name "a\/b/));
});

test('a node that reads from an unknown one is refused at build', () => {
  const builder = createTopologyBuilder('app');
  source(builder, 'in');
  pass(builder, 'orphan', { nodeName: 'nobody' });
  assert.throws(() => builder.build(), refusal(/"orphan" reads from "nobody", which is not a node/));
});

test('a node cannot read from a sink', () => {
  const builder = createTopologyBuilder('app');
  sink(builder, 'out', source(builder, 'in'), { topic: 'out-topic' });
  pass(builder, 'late', { nodeName: 'out' });
  assert.throws(() => builder.build(), refusal(/sink "out", which has no output/));
});

test('a cycle between nodes is refused and shown', () => {
  const builder = createTopologyBuilder('app');
  source(builder, 'in');
  pass(builder, 'a', { nodeName: 'b' });
  pass(builder, 'b', { nodeName: 'a' });
  assert.throws(() => builder.build(), refusal(/cycle: a -> b -> a/));
});

test('a topology without a source is refused', () => {
  assert.throws(() => createTopologyBuilder('app').build(), refusal(/no source/));
});

test('T3 a sink that writes a topic read upstream is refused unless it is declared as feedback', () => {
  const declare = (feedback?: true) => {
    const builder = createTopologyBuilder('app');
    sink(builder, 'facts', pass(builder, 'p', source(builder, 'in')), { topic: 'in-topic', ...(feedback && { feedback }) });
    return builder;
  };
  assert.throws(() => declare().build(), refusal(/declare it with feedback: true/));
  assert.deepEqual(declare(true).build().describe().subTopologies[0]?.sinkTopics, ['in-topic']);
});

test('a feedback declaration that is none is refused', () => {
  const builder = createTopologyBuilder('app');
  sink(builder, 'out', source(builder, 'in'), { topic: 'elsewhere', feedback: true });
  assert.throws(() => builder.build(), refusal(/declared as feedback, but no source upstream/));
});

test('a cycle through the log over two sub-topologies is refused as well', () => {
  const builder = createTopologyBuilder('app');
  sink(builder, 'there', source(builder, 'a'), { topic: 'b-topic' });
  sink(builder, 'back', source(builder, 'b'), { topic: 'a-topic' });
  assert.throws(() => builder.build(), refusal(/feedback: true/));
});

test('two sources of one topic are refused', () => {
  const builder = createTopologyBuilder('app');
  builder.source('one', { topic: 't', key: stringSerde, value: stringSerde });
  builder.source('two', { topic: 't', key: stringSerde, value: stringSerde });
  assert.throws(() => builder.build(), refusal(/both read topic "t"/));
});

test('one store name with two specs is refused', () => {
  const builder = createTopologyBuilder('app');
  const from = source(builder, 'in');
  pass(builder, 'a', from, { counts: store('counts') });
  pass(builder, 'b', from, { counts: store('counts') });
  assert.throws(() => builder.build(), refusal(/two stores are named "counts" \(nodes "a" and "b"\)/));
});

test('sub-topologies are the connected components; a shared store joins them', () => {
  const apart = createTopologyBuilder('app');
  pass(apart, 'a', source(apart, 'in-a'), { s: store('s-a') });
  pass(apart, 'b', source(apart, 'in-b'), { s: store('s-b') });
  assert.equal(apart.build().subTopologies.length, 2);
  const shared = store('shared');
  const joined = createTopologyBuilder('app');
  pass(joined, 'a', source(joined, 'in-a'), { s: shared });
  pass(joined, 'b', source(joined, 'in-b'), { s: shared });
  const [only, ...others] = joined.build().describe().subTopologies;
  assert.equal(others.length, 0);
  assert.deepEqual(only?.sourceTopics, ['in-a-topic', 'in-b-topic']);
  assert.deepEqual(only?.changelogs, ['app-shared-changelog']);
});

function described() {
  const builder = createTopologyBuilder('app');
  const counted = builder.processor<string, string, string, string, { counts: ReturnType<typeof store> }>('count', {
    from: source(builder, 'in'),
    stores: { counts: store('counts') },
    timerKey: stringKey,
    create: () => ({ process: () => {} }),
  });
  const mapped = builder.mapAsync('look-up', {
    from: counted,
    concurrencyCount: 4,
    key: stringKey,
    input: stringSerde,
    map: async ({ value }: StreamRecord<string, string>) => value,
  });
  sink(builder, 'out', mapped, { topic: 'out-topic' });
  return builder.build();
}

test('internal topics are named by explicit names only: application, store, node', () => {
  assert.deepEqual(described().describe().subTopologies[0]?.changelogs, [
    'app-counts-changelog',
    'app-count-timers-changelog',
    'app-look-up-in-flight-changelog',
  ]);
});

test('a topology describes itself as JSON', () => {
  const description = described().describe();
  assert.deepEqual(JSON.parse(JSON.stringify(description)), description);
  assert.deepEqual(
    description.subTopologies[0]?.nodes.map(({ name, type, children }) => [name, type, children]),
    [
      ['in', 'source', ['count']],
      ['count', 'processor', ['look-up']],
      ['look-up', 'map-async', ['out']],
      ['out', 'sink', []],
    ],
  );
});

test("the text is in Kafka Streams' layout", () => {
  assert.equal(
    described().describeAs('text'),
    `Topologies:
   Sub-topology: 0
    Source: in (topics: [in-topic])
      --> count
    Processor: count (stores: [counts, count-timers])
      --> look-up
      <-- in
    Processor: look-up (stores: [look-up-in-flight])
      --> out
      <-- count
    Sink: out (topic: out-topic)
      <-- look-up
`,
  );
});

test('the Mermaid drawing names every node, topic and store once', () => {
  const drawing = described().describeAs('mermaid');
  assert.match(drawing, /^flowchart LR\n/);
  for (const label of ['"in"', '"count"', '"look-up"', '"out"', '"in-topic"', '"out-topic"', '"counts"', '"count-timers"']) {
    assert.equal(drawing.split(label).length - 1, 1, `${label} in\n${drawing}`);
  }
});
