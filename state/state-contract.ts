import { backendContract } from './testing/backend-contract.ts';
import type { ContractBackend } from './testing/contract-backend.ts';
import { layersContract } from './testing/layers-contract.ts';
import { modelContract } from './testing/model-contract.ts';
import { storesContract } from './testing/stores-contract.ts';

/** Everything a backend must pass to stand under a task (K1, K2, K4–K6, restore = replay, store semantics). Run it from a test file. */
export function stateContract(backend: ContractBackend): void {
  backendContract(backend);
  layersContract(backend);
  storesContract(backend);
  modelContract(backend);
}
