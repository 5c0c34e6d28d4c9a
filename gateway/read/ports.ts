import type { Keyring } from '../../processors/ports/keyring.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import type { AnalyticsReader } from '../../sinks/ports/analytics.ts';
import type { GuideDocuments } from '../../sinks/ports/documents.ts';
import type { ImageLinks } from '../../sinks/ports/image-links.ts';
import type { ViewReader } from '../../sinks/ports/views.ts';
import type { Clock } from '../../topology/base/clock.ts';
import type { UsageWriter } from './usage-writer.ts';

/** What operators see of the process; JSON values. Wired by the roles' `main`. */
export interface OperatorView {
  /** The DAG with lag and rates a node. */
  topology(): Promise<unknown>;
  /** Topics, partitions, offsets, groups and their lag. */
  topics(): Promise<unknown>;
  /** Newest first. */
  deadLetters(limitCount: number): Promise<unknown>;
  /** Prometheus text format. */
  metricsText(): Promise<string>;
}

/** Probes of an orchestrator; they name parts and codes, nothing of a tenant. */
export interface HealthView {
  alive(): boolean;
  /** What is not ready yet, as short names; empty when ready. */
  notReady(): readonly string[];
  /** What runs, but not as it should, in words; empty when all is well. */
  warnings(): readonly string[];
}

/** What a deletion did, a line a place. */
export interface ForgetReport {
  readonly deleted: Readonly<Record<string, number>>;
}

/** Everything that reading is handed. */
export interface ReadDeps {
  readonly views: ViewReader;
  readonly documents: GuideDocuments;
  /** Redacted derivatives. */
  readonly images: ObjectStore;
  /** Where browsers get them from; without it the bytes pass through here. */
  readonly imageLinks?: ImageLinks;
  readonly analytics: AnalyticsReader;
  readonly keyring: Keyring;
  readonly operator: OperatorView;
  readonly health: HealthView;
  /** Deletes a session everywhere, its key first; may be called again after a failure. */
  readonly forget: (tenantId: string, sessionId: string) => Promise<ForgetReport>;
  /** A session that takes events but has no row in the views yet. */
  readonly openSession: (
    tenantId: string,
    sessionId: string,
  ) => { readonly openedAtMs: number; readonly status: 'recording' | 'paused' | 'finished' } | undefined;
  /** Told after a deletion: ingest and live drop what they hold. */
  readonly forgotten: (tenantId: string, sessionId: string) => void;
  readonly usage: UsageWriter;
  readonly clock: Clock;
}
