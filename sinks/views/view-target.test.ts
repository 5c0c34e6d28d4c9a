import { sinkContract } from '../contracts/sink-contract.ts';
import { viewSamples, viewSink } from '../contracts/view-samples.ts';
import { livePartitionOf } from '../contracts/views-contract.ts';
import { MemoryViews } from '../memory/memory-views.ts';

sinkContract(
  'views',
  async () => {
    const views = new MemoryViews(livePartitionOf);
    return viewSink({ open: async () => views, openDying: 'one-write', end: async () => {} });
  },
  async () => viewSamples,
);
