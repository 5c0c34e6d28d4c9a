import { createMemoryKeyring } from '../../../processors/ports/memory-keyring.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { openScyllaViews } from '../scylla-views.ts';

/** Opens the views of a keyspace as a process of its own: `node migrate-child.js HOST:PORT KEYSPACE DATACENTER`. Exit 0 when they open. */
const [contactPoint = '', keyspace = '', localDataCenter = ''] = process.argv.slice(2);
const views = await openScyllaViews({
  contactPoints: [contactPoint],
  keyspace,
  localDataCenter,
  replicationFactor: 1,
  keyring: createMemoryKeyring('migrating'),
  // Between two attempts there may be no connection.
  clock: createSystemClock({ keepsAlive: true }),
  livePartitionOf: () => ({ topic: 'guide.steps.v1', partition: 0 }),
});
await views.close();
