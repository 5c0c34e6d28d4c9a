import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SealKeys } from '../../../schemas/sealed.ts';
import type { Guide, SessionUpsert, StepUpsert } from '../../../schemas/types/guide.ts';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../../../topology/log/log.ts';
import type { GuideSummary, LiveSnapshot, Page, PageRequest, ViewBatch, ViewReader, ViewWriter } from '../../ports/views.ts';
import { groupBySession } from '../../views/session-rows.ts';
import type { SessionRows } from '../../views/session-rows.ts';
import { titleQuery } from '../../views/title-query.ts';
import { corruptViews, openOrderedRows } from './ordered-rows.ts';
import type { OrderedRows, RowWrite } from './ordered-rows.ts';
import { sealedRows } from './sealed-rows.ts';
import { changeWrites, removalWrites } from './session-change.ts';
import * as keys from './view-keys.ts';

export interface EmbeddedViewsOptions {
  readonly folder: string;
  /** The partition of the steps topic that carries a session: what a live snapshot's position refers to. */
  readonly livePartitionOf: (tenantId: string, sessionId: string) => TopicPartition;
  /** Seals rows under their session's key, so that destroying it deletes them wherever RocksDB still has their bytes. */
  readonly keyring: SealKeys;
  /** Block cache. Default 16 MiB. */
  readonly cacheBytes?: number;
  /** Default 4 MiB. */
  readonly memtableBytes?: number;
}

/** A page reads at most so many rows when a query leaves rows out; the cursor then goes on from there. */
const maxScannedRows = 10_000;
const scanChunkRows = 256;

/**
 * Opens the views on one RocksDB directory.
 * @throws {VIEW_LOCKED} when another process has them; {VIEW_CORRUPT} when they are damaged or of another format: delete the folder, they are rebuilt.
 */
export async function openEmbeddedViews(options: EmbeddedViewsOptions): Promise<ViewWriter & ViewReader> {
  const sizes = { cacheBytes: options.cacheBytes ?? 16 << 20, memtableBytes: options.memtableBytes ?? 4 << 20 };
  const rows = sealedRows(await openOrderedRows({ folder: options.folder, ...sizes }), options.keyring);
  try {
    await checkFormat(rows, options.folder);
  } catch (error) {
    await rows.close();
    throw error;
  }
  return new EmbeddedViews(rows, options);
}

/**
 * Owns the rows. Invariants:
 * - V1 rows and the positions they come from are one WriteBatch: a crash shows both or neither.
 * - V2 a row is replaced by a higher revision only, so records may come twice and out of order.
 * - V3 a tombstone stands until the folder is deleted; no upsert of a forgotten session passes it.
 * - V4 a live snapshot's position is read before its rows: rows may be newer than the position, never older.
 * Writes (apply, forget) run one after the other; reads run beside them.
 */
class EmbeddedViews implements ViewWriter, ViewReader {
  readonly #rows: OrderedRows;
  readonly #folder: string;
  readonly #livePartitionOf: (tenantId: string, sessionId: string) => TopicPartition;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(rows: OrderedRows, options: EmbeddedViewsOptions) {
    this.#rows = rows;
    this.#folder = options.folder;
    this.#livePartitionOf = options.livePartitionOf;
  }

  apply(batch: ViewBatch): Promise<void> {
    return this.#alone(async () => {
      const writes: RowWrite[] = [];
      const sessions = groupBySession(batch);
      const standing = await this.#standing(sessions);
      sessions.forEach((next, index) => {
        const rows = standing[index];
        if (rows !== undefined) writes.push(...changeWrites(rows, next));
      });
      for (const position of batch.positions) {
        writes.push({ type: 'put', key: keys.positionKey(position), value: Buffer.from(position.nextOffset.toString()) });
      }
      if (writes.length > 0) await this.#rows.write(writes, { sync: false });
    });
  }

  async positions(): Promise<readonly TopicPartitionOffset[]> {
    const found = await this.#rows.scan({ prefix: keys.positionPrefix });
    return found.map(([key, value]) => ({ ...keys.decodePositionKey(key), nextOffset: BigInt(value?.toString() ?? 0) }));
  }

  forget(tenantId: string, sessionId: string): Promise<number> {
    return this.#alone(async () => {
      // By key alone: the session's key was destroyed before, so no row of it can be read any more.
      const [opened] = await this.#rows.getMany([keys.openedKey(tenantId, sessionId)]);
      const prefixes = [keys.sessionKey(tenantId, sessionId), keys.guideKey(tenantId, sessionId), keys.stepsPrefix(tenantId, sessionId)];
      const found = (await Promise.all(prefixes.map((prefix) => this.#rows.scan({ prefix })))).flat();
      const writes = removalWrites({ tenantId, sessionId, openedAtMs: Number(opened?.toString() ?? 0), keys: found.map(([key]) => key) });
      writes.push({ type: 'put', key: keys.forgottenKey(tenantId, sessionId), value: Buffer.alloc(0) });
      await this.#rows.write(writes, { sync: true });
      return found.length;
    });
  }

  async close(): Promise<void> {
    await this.#alone(() => this.#rows.close());
  }

  async session(tenantId: string, sessionId: string): Promise<SessionUpsert | 'gone' | undefined> {
    return this.#row<SessionUpsert>(tenantId, sessionId, keys.sessionKey(tenantId, sessionId));
  }

  async guide(tenantId: string, sessionId: string): Promise<Guide | 'gone' | undefined> {
    return this.#row<Guide>(tenantId, sessionId, keys.guideKey(tenantId, sessionId));
  }

  async liveSteps(tenantId: string, sessionId: string): Promise<LiveSnapshot | 'gone' | undefined> {
    const partition = this.#livePartitionOf(tenantId, sessionId);
    const [stored] = await this.#rows.getMany([keys.positionKey(partition)]);
    const session = await this.session(tenantId, sessionId);
    if (session === undefined || session === 'gone') return session;
    const steps = (await this.#steps(tenantId, sessionId)).filter((step) => step.state !== 'removed').sort((a, b) => a.order - b.order);
    return { session, steps, position: { ...partition, nextOffset: stored === undefined ? 0n : BigInt(stored.toString()) } };
  }

  listSessions(tenantId: string, page: PageRequest): Promise<Page<SessionUpsert>> {
    return this.#list<SessionUpsert>(keys.sessionListPrefix(tenantId), page);
  }

  listGuides(tenantId: string, page: PageRequest): Promise<Page<GuideSummary>> {
    return this.#list<GuideSummary>(keys.guideListPrefix(tenantId), page);
  }

  async #list<Row extends { readonly title: string }>(prefix: Buffer, page: PageRequest): Promise<Page<Row>> {
    const matches = titleQuery(page.query);
    const rows: Row[] = [];
    let after: Buffer | undefined = page.cursor === undefined ? undefined : Buffer.concat([prefix, Buffer.from(page.cursor, 'base64url')]);
    for (let scannedCount = 0; scannedCount < maxScannedRows; scannedCount += scanChunkRows) {
      const found = await this.#rows.scan({ prefix, limitCount: scanChunkRows, ...(after === undefined ? {} : { after }) });
      for (const [key, value] of found) {
        const row = this.#parse<Row>(value);
        if (row !== undefined && matches(row.title)) {
          if (rows.length >= page.limitCount) return { rows, cursor: cursorAfter(prefix, after) };
          rows.push(row);
        }
        after = key;
      }
      if (found.length < scanChunkRows) return { rows };
      // Rows are read and opened on this thread: a search through many must not hold up those who record or watch.
      await nextTurn();
    }
    return { rows, cursor: cursorAfter(prefix, after) };
  }

  /** What stands of each session, or undefined for a forgotten one. One native call for the batch. */
  async #standing(sessions: readonly SessionRows[]): Promise<readonly (SessionRows | undefined)[]> {
    const wanted = sessions.flatMap(({ tenantId, sessionId, steps }) => [
      keys.forgottenKey(tenantId, sessionId),
      keys.sessionKey(tenantId, sessionId),
      keys.guideKey(tenantId, sessionId),
      ...[...steps.keys()].map((stepId) => keys.stepKey(tenantId, sessionId, stepId)),
    ]);
    const found = wanted.length === 0 ? [] : await this.#rows.getMany(wanted);
    let at = 0;
    return sessions.map(({ tenantId, sessionId, steps: next }) => {
      const forgotten = found[at++] !== undefined;
      const session = this.#parse<SessionUpsert>(found[at++]);
      const guide = this.#parse<Guide>(found[at++]);
      const steps = new Map<string, StepUpsert>();
      for (const stepId of next.keys()) {
        const step = this.#parse<StepUpsert>(found[at++]);
        if (step !== undefined) steps.set(stepId, step);
      }
      return forgotten ? undefined : { tenantId, sessionId, session, guide, steps };
    });
  }

  async #row<Row>(tenantId: string, sessionId: string, key: Buffer): Promise<Row | 'gone' | undefined> {
    const [forgotten, value] = await this.#rows.getMany([keys.forgottenKey(tenantId, sessionId), key]);
    return forgotten === undefined ? this.#parse<Row>(value) : 'gone';
  }

  async #steps(tenantId: string, sessionId: string): Promise<StepUpsert[]> {
    const found = await this.#rows.scan({ prefix: keys.stepsPrefix(tenantId, sessionId) });
    return found.flatMap(([, value]) => this.#parse<StepUpsert>(value) ?? []);
  }

  #parse<Row>(value: Buffer | undefined): Row | undefined {
    if (value === undefined) return undefined;
    try {
      const row: Row = JSON.parse(value.toString());
      return row;
    } catch (cause) {
      throw corruptViews(this.#folder, cause);
    }
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#lastWrite.then(work, work);
    this.#lastWrite = result.catch(() => {});
    return result;
  }
}

function cursorAfter(prefix: Buffer, last: Buffer | undefined): string {
  return (last ?? prefix).subarray(prefix.length).toString('base64url');
}

async function checkFormat(rows: OrderedRows, folder: string): Promise<void> {
  const [stored] = await rows.getMany([keys.formatKey]);
  if (stored === undefined) {
    await rows.write([{ type: 'put', key: keys.formatKey, value: Buffer.from(String(keys.formatVersion)) }], { sync: true });
    return;
  }
  if (stored.toString() === String(keys.formatVersion)) return;
  const message = `The views in ${folder} have format ${stored.toString()}, this version reads ${keys.formatVersion}. Delete that folder: the views are rebuilt from the topics.`;
  throw new StepwrightError('VIEW_CORRUPT', message, { context: { folder } });
}
