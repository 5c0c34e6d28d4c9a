import type { BackendFactory } from '../backend.ts';

/** What the contract suite runs against. */
export interface ContractBackend {
  readonly name: string;
  readonly createFactory: () => BackendFactory;
  /** A fresh directory name, removed by the caller after the suite. */
  readonly createDirectory: () => string;
  /** Runs of each property test. Few where opening a store waits for a disk, many where it costs nothing: what is above the backend is the same. */
  readonly propertyRunCount: number;
}
