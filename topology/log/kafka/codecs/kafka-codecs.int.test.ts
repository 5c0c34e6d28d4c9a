/** Every compression of Kafka, both ways against Java's own clients: what they write is read here, and what is written here they read. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { output, readAll, text } from '../../contract/contract-kit.ts';
import { createKafkaLog } from '../kafka-log.ts';
import { consumeWithJava, javaToolsSkip, runJavaTool } from '../test-support/java-tools.ts';
import { findTestBroker } from '../test-support/test-broker.ts';
import { canWriteZstd, kafkaCodecs } from './kafka-codecs.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);
const skip = 'skipReason' in broker ? broker.skipReason : javaToolsSkip();
const address = 'address' in broker ? broker.address : '';
const names = [...kafkaCodecs.values()].map(({ name }) => name);
/** Long enough for several snappy blocks, and like itself enough to be worth compressing. */
const lineOf = (name: string, index: number): string => `${name} ${index} ${'a line that is like the others '.repeat(20)}end`;
const lineCount = 200;

for (const name of names) {
  test(`${name}: what Java's producer compresses is read`, { skip, timeout: 60_000 }, async (t) => {
    const log = createKafkaLog({ brokers: [address] });
    t.after(() => log.close());
    const at = { topic: `java-${name}-${randomBytes(6).toString('hex')}`, partition: 0 };
    await log.createTopics([{ name: at.topic, partitionCount: 1 }]);
    const lines = Array.from({ length: lineCount }, (_, index) => lineOf(name, index));
    const args = ['--bootstrap-server', address, '--topic', at.topic, '--compression-codec', name, '--batch-size', '100000'];
    await runJavaTool('org.apache.kafka.tools.ConsoleProducer', args, `${lines.join('\n')}\n`);
    assert.deepEqual((await readAll(log, at)).map(text), lines);
  });
}

test("what is compressed here is read by Java's consumer", { skip, timeout: 120_000 }, async (t) => {
  const run = randomBytes(6).toString('hex');
  const written = names.filter((name) => name !== 'zstd' || canWriteZstd());
  for (const name of written) {
    const log = createKafkaLog({ brokers: [address], compression: name });
    t.after(() => log.close());
    const at = { topic: `ours-${run}-${name}`, partition: 0 };
    await log.createTopics([{ name: at.topic, partitionCount: 1 }]);
    const lines = Array.from({ length: lineCount }, (_, index) => lineOf(name, index));
    const sink = await log.openSink({ transactionalId: `ours-${run}-${name}` });
    sink.begin();
    sink.send(lines.map((line) => output(line, at)));
    await sink.commit([], undefined);
    const producer = await log.openProducer();
    await producer.send([output(lineOf(name, lineCount), at)]);
  }
  const seen = await consumeWithJava(address, `ours-${run}-.*`, { count: written.length * (lineCount + 1) });
  for (const name of written) {
    assert.deepEqual(
      seen.filter((line) => line.startsWith(`${name} `)),
      Array.from({ length: lineCount + 1 }, (_, index) => lineOf(name, index)),
    );
  }
  if (!written.includes('zstd')) t.diagnostic('zstd was not written: this Node cannot');
});
