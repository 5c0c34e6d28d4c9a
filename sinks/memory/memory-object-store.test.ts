import { objectStoreContract } from '../contracts/object-store-contract.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';

objectStoreContract('memory', async () => ({ store: createMemoryObjectStore(), close: async () => {} }));
