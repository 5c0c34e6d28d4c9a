import { createMemoryKeyring } from '../../../processors/ports/memory-keyring.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { openScyllaViews } from '../scylla-views.ts';

/** Opens the views of a keyspace as a process of its own: `node migrate-child.js HOST:PORT KEYSPACE DATACENTER`. Exit 0 when they open. */
const [contactPoint = '', keyspace = '', localDataCenter = ''] = process.argv.slice(2);
// The system clock's timers keep no process alive, and between two attempts there may be no connection either.
const alive = setInterval(() => undefined, 60_000);
const views = await openScyllaViews({
  contactPoints: [contactPoint],
  keyspace,
  localDataCenter,
  replicationFactor: 1,
  keyring: createMemoryKeyring('migrating'),
  clock: createSystemClock(),
  livePartitionOf: () => ({ topic: 'guide.steps.v1', partition: 0 }),
});
await views.close();
clearInterval(alive);
