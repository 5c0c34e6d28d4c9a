/**
 * One scenario on the engine, in a process of its own: what bench/peers measures as "ours". Says on standard output when it restores ("restore-start",
 * "restore-end COUNT", "wiped REASON") and, at SIGTERM, "commits MS MS …" with the latency of each commit; runs until it is told to end or killed.
 * `--profile` prints the share of busy time per part on standard error.
 */
import { createKafkaLog } from '../../../topology/log/kafka/kafka-log.ts';
import { createStreamApp } from '../../../topology/runtime/stream-app.ts';
import { defaultStateBudgets } from '../../../state/task-state.ts';
import { fromArguments, partitionCount } from './app-order.ts';
import { profileParts } from '../cpu-profile.ts';
import { collectCommitLatencies } from './commit-latencies.ts';
import { createTopology } from './topologies.ts';

const args = process.argv.slice(2);
const order = fromArguments(args.filter((arg) => arg !== '--profile'));
const commits = collectCommitLatencies();
const log = createKafkaLog({ brokers: [order.broker] });
const restoring = new Set<string>();
const app = createStreamApp({
  topology: createTopology(order),
  log,
  state: { directory: order.directory },
  processingGuarantee: order.guarantee,
  bounds: { commitIntervalMs: order.commitIntervalMs },
  stateBudgets: { ...defaultStateBudgets, cacheBytes: Math.floor(order.cacheBytes / partitionCount) },
  // A restart takes its place at once instead of waiting until the killed member's session has ended.
  instanceId: 'bench',
  metrics: commits.metrics,
  onRestore: ({ taskId, restoredCount, isDone, wiped }) => {
    if (!restoring.has(taskId)) console.log(wiped === undefined ? 'restore-start' : `restore-start\nwiped ${wiped}`);
    restoring.add(taskId);
    if (isDone) console.log(`restore-end ${restoredCount}`);
  },
  onTaskFailed: (taskId, error) => console.error(taskId, error),
});

const ended = new Promise<void>((resolve) => void process.once('SIGTERM', resolve));
const work = async (): Promise<void> => {
  await app.start();
  await ended;
};
if (!args.includes('--profile')) await work();
else console.error(JSON.stringify((await profileParts(work)).shares, undefined, 2));
console.log(`commits ${commits.latenciesMs.map((latencyMs) => latencyMs.toFixed(1)).join(' ')}`);
await app.close();
await log.close();
