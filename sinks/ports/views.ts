import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { TopicPartitionOffset } from '../../topology/log/log.ts';

/**
 * The read side, written by sinks and read by the gateway; embedded on RocksDB, distributed on Scylla. One contract suite.
 * Applying is idempotent and order-free by revision: an older revision never replaces a newer one.
 */
export interface ViewWriter {
  /** All rows of the batch and the positions stand together or not at all. */
  apply(batch: ViewBatch): Promise<void>;
  /** Positions stored with the rows; the sink starts there. */
  positions(): Promise<readonly TopicPartitionOffset[]>;
  /** Deletes every row of the session and leaves a tombstone that later upserts of it do not pass. */
  forget(tenantId: string, sessionId: string): Promise<number>;
  close(): Promise<void>;
}

export interface ViewBatch {
  readonly steps: readonly StepUpsert[];
  readonly sessions: readonly SessionUpsert[];
  readonly guides: readonly Guide[];
  /** Offset of the record that a row came from, in the topic of its kind. A row without one counts as later than what stands. */
  readonly offsets?: ReadonlyMap<SessionUpsert | StepUpsert | Guide, bigint>;
  readonly positions: readonly TopicPartitionOffset[];
}

/** Every read names a tenant: no read crosses it. */
export interface ViewReader {
  session(tenantId: string, sessionId: string): Promise<SessionUpsert | 'gone' | undefined>;
  /** Steps in order, removed ones left out, with the position the view had applied for the session's partition. */
  liveSteps(tenantId: string, sessionId: string): Promise<LiveSnapshot | 'gone' | undefined>;
  guide(tenantId: string, sessionId: string): Promise<Guide | 'gone' | undefined>;
  /** Newest first. `cursor` is opaque; absent in the answer at the end. */
  listSessions(tenantId: string, page: PageRequest): Promise<Page<SessionUpsert>>;
  listGuides(tenantId: string, page: PageRequest): Promise<Page<GuideSummary>>;
}

export interface LiveSnapshot {
  readonly session: SessionUpsert;
  readonly steps: readonly StepUpsert[];
  readonly position: TopicPartitionOffset;
}
export interface GuideSummary {
  readonly sessionId: string;
  readonly guideId: string;
  readonly title: string;
  readonly summary: string;
  readonly stepCount: number;
  readonly openedAtMs: number;
  readonly thumbnailKey?: string;
}
export interface PageRequest {
  readonly limitCount: number;
  readonly cursor?: string;
  readonly query?: string;
}
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly cursor?: string;
}
