import { sinkContract } from '../contracts/sink-contract.ts';
import { jsonSerde } from '../contracts/json-serde.ts';
import { guideRow, revision, sessionRow, stepRow } from '../contracts/view-fixtures.ts';
import { livePartitionOf } from '../contracts/views-contract.ts';
import { MemoryViews } from '../memory/memory-views.ts';
import { createViewTarget } from './view-target.ts';

const serdes = { 'guide.steps.v1': jsonSerde<never>(), 'guide.sessions.v1': jsonSerde<never>(), 'guide.finished.v1': jsonSerde<never>() };
const json = (topic: keyof typeof serdes, row: object): { topic: string; value: Buffer } => ({
  topic,
  value: Buffer.from(JSON.stringify(row)),
});

sinkContract(
  'views',
  async () => {
    const views = new MemoryViews(livePartitionOf);
    return {
      open: async () => createViewTarget(views, serdes),
      effect: async () => {
        const snapshot = await views.liveSteps('acme', 's1');
        const position = undefined;
        return [typeof snapshot === 'object' ? { ...snapshot, position } : snapshot, await views.guide('acme', 's1')];
      },
      end: async () => {},
    };
  },
  async () => ({
    values: [
      json('guide.sessions.v1', sessionRow()),
      json('guide.steps.v1', stepRow({ revision: revision(1, false), state: 'provisional' })),
      json('guide.steps.v1', stepRow({ revision: revision(2), title: 'Click Save twice' })),
      json('guide.steps.v1', stepRow({ stepId: 'step-2', order: 2 })),
      json('guide.finished.v1', guideRow()),
    ],
  }),
);
