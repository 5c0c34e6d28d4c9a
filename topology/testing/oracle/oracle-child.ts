/**
 * One member of the oracle program as a process of its own, on Kafka, with its state in a folder. Argument: `OracleMember` as JSON. Prints one JSON line an
 * event; SIGTERM ends it in order.
 */
import { createPinoLogger } from '../../base/pino-logger.ts';
import { createKafkaLog } from '../../log/kafka/kafka-log.ts';
import type { KafkaLogOptions } from '../../log/kafka/kafka-options.ts';
import { createStreamApp } from '../../runtime/stream-app.ts';
import type { StreamAppOptions } from '../../runtime/stream-app-options.ts';
import type { MemberEvent } from '../fleet/member-process.ts';
import type { OracleShape } from './oracle-input.ts';
import { createOracleTopology, deadLetterTopicOf } from './oracle-topology.ts';

export interface OracleMember {
  readonly shape: OracleShape;
  readonly instanceId: string;
  readonly directory: string;
  readonly log: KafkaLogOptions;
  /** How it shares tasks with the others; default as the app's. */
  readonly sharing?: Pick<StreamAppOptions, 'standbyCount' | 'acceptableRecoveryLag' | 'maxWarmups' | 'processingGuarantee'>;
  /** Log lines go to standard error. */
  readonly isTalkative: boolean;
}

/** A few purges between two kills. */
const purgeIntervalMs = 200;

// Whoever runs the fleet is gone.
process.stdout.on('error', () => process.exit(1));
const member: OracleMember = JSON.parse(process.argv[2] ?? '{}');
const say = (event: MemberEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const logger = createPinoLogger({ level: member.isTalkative ? 'info' : 'silent' });
const log = createKafkaLog({ ...member.log, logger });
const app = createStreamApp({
  topology: createOracleTopology(member.shape),
  log,
  logger,
  instanceId: member.instanceId,
  state: { directory: member.directory },
  ...member.sharing,
  deadLetterTopic: deadLetterTopicOf(member.shape),
  ...(member.shape.isPurged && { bounds: { repartitionPurgeIntervalMs: purgeIntervalMs } }),
  onRestore: ({ taskId, restoredCount, wiped, isDone }) => {
    if (isDone) say({ event: 'restored', taskId, restoredCount, ...(wiped === undefined ? {} : { wiped }) });
  },
  onTaskFailed: (taskId, error) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    say({ event: 'failed', taskId, code, message: error instanceof Error ? error.message : String(error) });
  },
  onStateChange: (state) => say({ event: 'state', state }),
});
process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => log.close())
    .then(() => process.exit(0));
});
await app.start();
