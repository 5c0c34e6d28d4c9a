import { fileURLToPath } from 'node:url';
import { createKafkaLog } from '../../../topology/log/kafka/kafka-log.ts';
import { readJsonEvent } from '../../../topology/testing/fleet/member-process.ts';
import { checkOracle } from '../../../topology/testing/oracle/oracle-check.ts';
import type { OracleMember } from '../../../topology/testing/oracle/oracle-child.ts';
import { OracleFeeder, OracleProgress, oracleDone } from '../../../topology/testing/oracle/oracle-feed.ts';
import type { OracleShape } from '../../../topology/testing/oracle/oracle-input.ts';
import { recordCountOf } from '../../../topology/testing/oracle/oracle-input.ts';
import { oracleTopicSpecs } from '../../../topology/testing/oracle/oracle-topology.ts';
import type { ChaosProgram } from './chaos-program.ts';

export interface OracleProgramOptions {
  readonly brokers: readonly string[];
  readonly shape: OracleShape;
  readonly sessionTimeoutMs: number;
  readonly isTalkative: boolean;
}

/** Longer than any broker is away: within it the producer's repetitions are written once. */
const patienceMs = 300_000;
/** A member may be started while the broker is away, and brokers start slowly on a busy machine. */
const startWithinMs = 90_000;
const child = fileURLToPath(new URL('../../../topology/testing/oracle/oracle-child.js', import.meta.url));

/** echo, count, sum, min, max, average and distinct by key and, behind a repartition, by group. */
export function createOracleProgram(options: OracleProgramOptions): ChaosProgram {
  const { brokers, shape, sessionTimeoutMs, isTalkative } = options;
  const log = createKafkaLog({ brokers, retryWithinMs: patienceMs });
  const feeder = new OracleFeeder(log, shape);
  const progress = new OracleProgress(log, shape);
  return {
    prepare: () => log.createTopics(oracleTopicSpecs(shape)),
    feedTo: async (share) => {
      await feeder.feedTo(Math.ceil(recordCountOf(shape) * share));
      return true;
    },
    progress: () => progress.count(50),
    memberCommand: ({ name, directory }) => {
      const member: OracleMember = {
        shape,
        instanceId: name,
        directory,
        log: { brokers, sessionTimeoutMs, retryWithinMs: startWithinMs },
        isTalkative,
      };
      return [child, JSON.stringify(member)];
    },
    readEvent: readJsonEvent,
    done: (stillMs) => oracleDone(log, shape, stillMs),
    check: () => checkOracle(log, shape),
    close: () => log.close(),
  };
}
