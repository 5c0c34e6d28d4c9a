/** TLS and passwords: what works, and what is said when it does not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { SASLOptions } from 'kafkajs';
import { StepwrightError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { output, readAll, text } from '../contract/contract-kit.ts';
import { createKafkaLog } from './kafka-log.ts';
import type { KafkaLogOptions } from './kafka-options.ts';
import { ownBrokerSkip, startSecureBroker } from './test-support/test-broker.ts';

const skip = ownBrokerSkip();
const broker = skip === false ? await startSecureBroker() : { address: '', user: '', password: '', caFile: '' };
const ca = skip === false ? readFileSync(broker.caFile, 'utf8') : '';
const { user: username, password } = broker;
/** Of an authority that has signed nothing here. */
const wrong = 'wrong-horse-battery';

const allowed: readonly SASLOptions[] = [
  { mechanism: 'plain', username, password },
  { mechanism: 'scram-sha-256', username, password },
  { mechanism: 'scram-sha-512', username, password },
];

for (const sasl of allowed) {
  test(`${sasl.mechanism} over TLS: transactions, groups and readers work`, { skip, timeout: 60_000 }, async (t) => {
    const log = createKafkaLog({ brokers: [broker.address], ssl: { ca }, sasl });
    t.after(() => log.close());
    const name = randomBytes(6).toString('hex');
    const at = { topic: `access.${name}`, partition: 0 };
    await log.createTopics([{ name: at.topic, partitionCount: 1 }]);
    const none = async (): Promise<void> => {};
    const options = {
      groupId: name,
      memberId: 'a',
      topics: [at.topic],
      offsetReset: 'earliest',
      onRevoked: none,
      onAssigned: none,
    } as const;
    const source = await log.openSource(options);
    while (source.assignment().length === 0) await source.poll({ maxWaitMs: 100 });
    const sink = await log.openSink({ transactionalId: name });
    sink.begin();
    sink.send([output('kept', at)]);
    await sink.commit([{ ...at, nextOffset: 1n, metadata: 'm' }], source.membership());
    assert.equal((await log.committed(name, [at]))[0]?.metadata, 'm');
    assert.deepEqual((await readAll(log, at)).map(text), ['kept']);
  });
}

const refused: readonly (readonly [string, Partial<KafkaLogOptions>, RegExp])[] = [
  ['a wrong password (plain)', { ssl: { ca }, sasl: { mechanism: 'plain', username, password: wrong } }, /user, password or mechanism/],
  [
    'a wrong password (scram)',
    { ssl: { ca }, sasl: { mechanism: 'scram-sha-512', username, password: wrong } },
    /user, password or mechanism/,
  ],
  ['an unknown user', { ssl: { ca }, sasl: { mechanism: 'scram-sha-256', username: 'mallory', password } }, /user, password or mechanism/],
  ['an authority that signed nothing here', { ssl: true, sasl: { mechanism: 'plain', username, password } }, /certificate is not trusted/],
];

for (const [what, options, message] of refused) {
  test(`${what} is refused at once, in words, without the password in error or log`, { skip, timeout: 60_000 }, async (t) => {
    const lines: string[] = [];
    const logger = recordingLogger(lines);
    const log = createKafkaLog({ brokers: [broker.address], logger, ...options });
    t.after(() => log.close());
    const startedAtMs = performance.now();
    await assert.rejects(log.describeTopics(['any']), (error) => {
      assert(error instanceof StepwrightError);
      assert.equal(error.code, 'LOG_ACCESS_DENIED');
      assert.equal(error.disposition, 'fatal');
      assert.match(error.message, message);
      lines.push(everything(error));
      return true;
    });
    assert.ok(performance.now() - startedAtMs < 20_000, 'what no retry cures is not tried for half a minute');
    for (const secret of [password, wrong]) assert.ok(!lines.join('\n').includes(secret), 'the password is told');
  });
}

function recordingLogger(lines: string[]): Logger {
  const write = (fields: object, message: string): void => void lines.push(`${JSON.stringify(fields)} ${message}`);
  return { debug: write, info: write, warn: write, error: write, child: () => recordingLogger(lines) };
}

/** An error with all its causes, as somebody may print it. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  return `${error.stack ?? ''} ${JSON.stringify(Object.entries(error))}\n${error.cause === undefined ? '' : everything(error.cause)}`;
}
