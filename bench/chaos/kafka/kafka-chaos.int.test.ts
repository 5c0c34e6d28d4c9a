/**
 * K1 to K8 of the engine on Kafka with real processes: three members that are killed, frozen into zombies, rolled and lose their folder, on a broker that
 * dies, while they purge the topic between their two halves. Allowed: work done again. Never: a record missing or doubled, a transaction left open, a store wiped, a process that ends by itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePortPair } from '../../../services/free-port.ts';
import { ownBrokerSkip } from '../../../topology/log/kafka/test-support/test-broker.ts';
import type { OracleShape } from '../../../topology/testing/oracle/oracle-input.ts';
import { runKafkaChaos } from './kafka-chaos.ts';
import { createOracleProgram } from './oracle-program.ts';

const shape: OracleShape = { name: 'oracle', keyCount: 2_000, turnCount: 20, groupCount: 100, partitionCount: 4, isPurged: true };
const seed = Math.floor(Math.random() * 1e9);

test(
  'K3 K5 K7 K8 five kills, a zombie, a dead broker and a rolling restart change no record of any output',
  { skip: ownBrokerSkip(), timeout: 300_000 },
  async (t) => {
    const run = await runKafkaChaos({
      killCount: 5,
      seed,
      port: await freePortPair(),
      createProgram: async (place) => createOracleProgram({ ...place, shape, isTalkative: false }),
      say: (line) => t.diagnostic(line),
    });
    assert.deepEqual(run.problems, []);
  },
);
