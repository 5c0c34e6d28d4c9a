import type { BackendFactory } from '../backend.ts';

/** What the contract suite runs against. */
export interface ContractBackend {
  readonly name: string;
  readonly createFactory: () => BackendFactory;
  /** A fresh directory name, removed by the caller after the suite. */
  readonly createDirectory: () => string;
}
