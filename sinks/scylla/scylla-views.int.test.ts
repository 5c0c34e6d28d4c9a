import { randomBytes } from 'node:crypto';
import { before, describe } from 'node:test';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { jsonSerde } from '../contracts/json-serde.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { guideRow, revision, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import { livePartitionOf, viewsContract, type Views } from '../contracts/views-contract.ts';
import { createViewTarget } from '../views/view-target.ts';
import { openScyllaViews } from './scylla-views.ts';
import { ownTenants } from './test-support/own-tenants.ts';
import { dataCenter, findTestServer, newKeyspace } from './test-support/test-server.ts';

const server = await findTestServer(process.env['STEPWRIGHT_TEST_CQL']);
const skip = 'skipReason' in server ? { skip: server.skipReason } : {};
const contactPoints = 'address' in server ? [server.address] : [];
const keyspace = newKeyspace();
const clock = createSystemClock();
const keyring = createMemoryKeyring('views');

/** One keyspace for the file; each test has tenants and an edition of its own. */
function viewsOf(id: string): Promise<Views> {
  const options = { contactPoints, localDataCenter: dataCenter, keyspace, replicationFactor: 1, clock, keyring };
  const prefix = `${id}-`;
  const partitionOf = (tenantId: string): ReturnType<typeof livePartitionOf> => livePartitionOf(tenantId.slice(prefix.length));
  return openScyllaViews({ ...options, edition: id, livePartitionOf: partitionOf }).then((views) => ownTenants(views, prefix));
}

const newId = (): string => randomBytes(4).toString('hex');
const nothingToDelete = async (): Promise<void> => {};

const serdes = { 'guide.steps.v1': jsonSerde<never>(), 'guide.sessions.v1': jsonSerde<never>(), 'guide.finished.v1': jsonSerde<never>() };
const json = (topic: keyof typeof serdes, row: object): { topic: string; value: Buffer } => ({
  topic,
  value: Buffer.from(JSON.stringify(row)),
});
const values = [
  json('guide.sessions.v1', sessionRow()),
  json('guide.steps.v1', stepRow({ revision: revision(1, false), state: 'provisional' })),
  json('guide.steps.v1', stepRow({ revision: revision(2), title: 'Click Save twice' })),
  json('guide.steps.v1', stepRow({ stepId: 'step-2', order: 2 })),
  json('guide.finished.v1', guideRow()),
];

describe('on a CQL server', skip, () => {
  before(async () => (await viewsOf('first')).close());
  viewsContract(
    'scylla',
    async () => {
      const id = newId();
      return { open: () => viewsOf(id), end: nothingToDelete };
    },
    { keepsState: true },
  );
  sinkContract(
    'scylla views',
    async () => {
      const id = newId();
      return {
        open: async () => createViewTarget(await viewsOf(id), serdes),
        effect: async () => {
          const views = await viewsOf(id);
          const snapshot = await views.liveSteps('acme', 's1');
          const seen = [typeof snapshot === 'object' ? { ...snapshot, position: undefined } : snapshot, await views.guide('acme', 's1')];
          await views.close();
          return seen;
        },
        end: nothingToDelete,
      };
    },
    async () => ({ values }),
  );
});
