import { livePartitionOf, viewsContract } from '../contracts/views-contract.ts';
import { MemoryViews } from './memory-views.ts';

viewsContract('memory', async () => ({ open: async () => new MemoryViews(livePartitionOf), end: async () => {} }), { keepsState: false });
