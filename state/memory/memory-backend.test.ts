import { stateContract } from '../state-contract.ts';
import { createMemoryBackendFactory } from './memory-backend.ts';

stateContract({
  name: 'memory',
  createFactory: createMemoryBackendFactory,
  createDirectory: () => 'directory',
  propertyRunCount: 300,
});
