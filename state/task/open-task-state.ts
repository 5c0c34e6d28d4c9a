import { StepwrightError } from '../../topology/base/errors.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import type { Backend } from '../backend.ts';
import { prefixEnd } from '../keys/order.ts';
import { LayerLedger } from '../layers/layer-ledger.ts';
import type { StoreContext } from '../stores/store-context.ts';
import { defaultStateBudgets } from '../task-state.ts';
import type { StoredPosition, TaskState, TaskStateOptions } from '../task-state.ts';
import { LayeredTaskState } from './layered-task-state.ts';
import { decodeMeta, emptyMeta, encodeMeta, metaKey } from './meta.ts';
import type { StoreIdentity, TaskMeta } from './meta.ts';
import { createStateMetrics } from './state-metrics.ts';
import type { StateMetrics } from './state-metrics.ts';
import { createTaskStore, storePrefix } from './store-table.ts';
import type { TaskStore } from './store-table.ts';
import { StreamTime } from './stream-time.ts';

/**
 * Opens or creates the state of a task.
 * @throws {STATE_CORRUPT} the caller must destroy the directory with a named reason (K5), open again and restore.
 * @throws {STATE_FORMAT_VERSION} written by another version, or a store changed its kind.
 * @throws {STATE_LOCKED | STATE_DISK_FULL | TOPOLOGY_INVALID}
 */
export async function openTaskState(options: TaskStateOptions): Promise<TaskState> {
  const budgets = options.budgets ?? defaultStateBudgets;
  const metrics = createStateMetrics(options.taskId, options.metrics ?? silentMetrics);
  const backend = await options.backend.open(options.directory, budgets);
  try {
    const stored = readMeta(backend, options.directory);
    const meta = await reconcile(stored, options, backend, metrics);
    const time = new StreamTime(meta.streamTimeMs);
    const context: StoreContext = { streamTimeMs: () => time.openMs, countLate: (store) => metrics.countLate(store) };
    const ledger = new LayerLedger(budgets.cacheBytes);
    const stores = new Map<string, TaskStore>();
    for (const spec of options.stores) {
      const identity = meta.stores.get(spec.name);
      if (identity !== undefined) stores.set(spec.name, createTaskStore(spec, identity.id, { backend, ledger, context }));
    }
    return new LayeredTaskState({ options, budgets, backend, meta, stores, ledger, time, metrics });
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/**
 * What a closed task directory stands at. Opens and closes it.
 * @throws {STATE_CORRUPT | STATE_FORMAT_VERSION | STATE_LOCKED | STATE_DISK_FULL}
 */
export async function readStoredPosition(options: Pick<TaskStateOptions, 'directory' | 'backend' | 'budgets'>): Promise<StoredPosition> {
  const backend = await options.backend.open(options.directory, options.budgets ?? defaultStateBudgets);
  try {
    return readMeta(backend, options.directory);
  } finally {
    await backend.close();
  }
}

function readMeta(backend: Backend, directory: string): TaskMeta {
  const bytes = backend.getMany([metaKey])[0];
  return bytes === undefined ? emptyMeta : decodeMeta(bytes, directory);
}

/**
 * Gives new stores an id and drops what the topology no longer has. A removed store loses name, id and position in one write and its rows
 * after that: a crash in between leaves rows that nobody can see, under an id that stays reserved until they are gone.
 */
async function reconcile(meta: TaskMeta, options: TaskStateOptions, backend: Backend, metrics: StateMetrics): Promise<TaskMeta> {
  const stores = new Map<string, StoreIdentity>();
  const changelogs = new Map(meta.changelogs);
  const garbageIds = [...meta.garbageIds];
  for (const [name, { id }] of meta.stores) {
    if (options.stores.some((spec) => spec.name === name)) continue;
    // A store that is read from several partitions keeps a position for each, as `<name>#<partition>`.
    for (const key of changelogs.keys()) if (key === name || key.startsWith(`${name}#`)) changelogs.delete(key);
    garbageIds.push(id);
    metrics.countWipe('store-removed');
  }
  for (const spec of options.stores) {
    const known = meta.stores.get(spec.name);
    if (known !== undefined) checkKind(spec.name, known.kind, spec.kind, options.directory);
    if (stores.has(spec.name))
      throw new StepwrightError('TOPOLOGY_INVALID', `Store name ${spec.name} is used twice in task ${options.taskId}.`);
    stores.set(spec.name, known ?? { id: nextId([...meta.stores.values(), ...stores.values()], garbageIds), kind: spec.kind });
  }
  if (garbageIds.length === 0) return { ...meta, stores, changelogs };
  writeMeta(backend, { ...meta, stores, changelogs, garbageIds });
  for (const id of garbageIds) await dropRows(backend, id);
  const clean = { ...meta, stores, changelogs, garbageIds: [] };
  writeMeta(backend, clean);
  return clean;
}

async function dropRows(backend: Backend, id: number): Promise<void> {
  const from = storePrefix(id);
  const to = prefixEnd(from);
  if (to !== undefined) await backend.deleteRange(from, to);
}

function writeMeta(backend: Backend, meta: TaskMeta): void {
  const batch = backend.batch();
  try {
    batch.put(metaKey, encodeMeta(meta));
    batch.write();
  } finally {
    batch.close();
  }
}

/** One above every id in use, so that no store ever inherits another's rows. */
function nextId(stores: readonly StoreIdentity[], garbageIds: readonly number[]): number {
  return Math.max(0, ...stores.map(({ id }) => id), ...garbageIds) + 1;
}

function checkKind(store: string, stored: string, declared: string, directory: string): void {
  if (stored === declared) return;
  throw new StepwrightError(
    'STATE_FORMAT_VERSION',
    `Store ${store} in ${directory} is a ${stored} store, the topology declares a ${declared} store; give the changed store a new name.`,
    { context: { store, directory } },
  );
}
