/** The public edge of the engine, exported as `stepwright/topology`. */
export { createTopologyBuilder } from './builder/topology-builder.ts';
export type {
  GlobalStoreSpec,
  MapAsyncSpec,
  OutputSinkSpec,
  ProcessorSpec,
  RepartitionSpec,
  SourceSpec,
  Stream,
  Topology,
  TopologyBuilder,
  TopologyDescription,
} from './builder/topology-builder-api.ts';
export type { FiredTimer, KeyTimers, Processor, ProcessorContext, RecordSource, StoresOf, StreamRecord } from './builder/processor.ts';
export type { GlobalStore } from './builder/global-store.ts';
export type { MemberAddress, PartitionOwner } from './runtime/queries/key-owner.ts';
export type {
  KeyQueryOptions,
  KeyValueView,
  QueryAnswer,
  QueryOptions,
  ScanQueryOptions,
  StoreView,
  ViewOf,
} from './runtime/queries/store-query.ts';
export { createStreamApp } from './runtime/stream-app.ts';
export type { AppHealth, StreamApp } from './runtime/stream-app.ts';
export { startStreamThreads } from './runtime/threads/stream-threads.ts';
export type { StreamThreads, StreamThreadsOptions } from './runtime/threads/stream-threads.ts';
export type { CreateThreadApp, ThreadApp, ThreadContext } from './runtime/threads/thread-app.ts';
export type { StateOption, StreamAppOptions } from './runtime/stream-app-options.ts';
export type { AppState } from './runtime/app-state.ts';
export type { ProcessorSupplier, WrapProcessor } from './runtime/wrap-processor.ts';
export { defaultBounds } from './runtime/bounds.ts';
export type { RuntimeBounds } from './runtime/bounds.ts';
export type { TaskDescription, TaskRole } from './runtime/describe-tasks.ts';
export { deadLetterHeaders } from './runtime/dead-letter.ts';
export { defaultErrorHandlers } from './runtime/error-handlers.ts';
export type { ErrorHandlers, FailureAction, RecordFailure } from './runtime/error-handlers.ts';
export type { RestoreProgress } from './runtime/restore-driver.ts';
export type { ProcessingGuarantee } from './runtime/task-environment.ts';
export { defaultStateBudgets } from '../state/task-state.ts';
export type { StateBudgets } from '../state/task-state.ts';
export { keyValueStore, sessionStore, ttlStore, windowStore } from '../state/store.ts';
export type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  SessionStore,
  StoreOf,
  StoreSpec,
  TtlKeyValueStore,
  Windowed,
  WindowStore,
} from '../state/store.ts';
export { bufferKey, int64Key, numberKey, pairKey, stringKey } from '../state/keys/key-serdes.ts';
export { bufferSerde, int64Serde, jsonSerde, stringSerde } from '../schemas/serdes.ts';
export type { KeySerde, Serde } from '../schemas/serde.ts';
export type { Headers } from './base/headers.ts';
export type { Log, TopicSpec } from './log/log.ts';
export { createMemoryLog } from './log/memory/memory-log.ts';
export { openEmbeddedLog } from './log/embedded/embedded-log.ts';
export { StepwrightError } from './base/errors.ts';
export { createTopologyTestDriver } from './testing/topology-test-driver.ts';
export type { TestDriverOptions, TestInput, TestOutput, TopologyTestDriver } from './testing/topology-test-driver.ts';
export { createManualClock } from './testing/manual-clock.ts';
export type { ManualClock } from './testing/manual-clock.ts';
