/**
 * The process that the disk-full test starts with a small file-size limit, which RocksDB's WAL meets as it meets a full disk. Writes until a
 * flush is refused, goes on committing in memory, flushes again, and checks that nothing was lost. Argument: directory. Prints one line.
 */
import { createSystemClock } from '../../topology/base/clock.ts';
import { hasCode } from '../../topology/base/errors.ts';
import { createRocksBackendFactory } from '../rocksdb/rocksdb-backend.ts';
import { defaultStateBudgets } from '../task-state.ts';
import { openTaskState } from '../task/open-task-state.ts';
import { crashSpecs } from './crash-specs.ts';

const options = {
  taskId: '0_0',
  directory: process.argv[2] ?? '',
  stores: Object.values(crashSpecs),
  backend: createRocksBackendFactory(),
  clock: createSystemClock(),
  // One large memtable, so that it is the WAL and not a table file that grows to the limit.
  budgets: { ...defaultStateBudgets, memtableBytes: 256 * 1024 * 1024 },
};
const rowsPerCommit = 5_000;

let state = await openTaskState(options);
let rowCount = 0;
let refused = '';
for (let round = 0; round < 60 && refused === ''; round++) refused = await commitAndFlush();
for (let index = 0; index < rowCount; index++) check(index);
const again = await commitAndFlush();
await state.close();
state = await openTaskState(options);
for (let index = 0; index < rowCount; index++) check(index);
await state.close();
process.stdout.write(`refused ${refused}, then ${again === '' ? 'written' : again}, ${rowCount} rows\n`);

/** Returns the code that the flush was refused with, empty when it was written. */
async function commitAndFlush(): Promise<string> {
  const store = state.store(crashSpecs.rows);
  for (let index = 0; index < rowsPerCommit; index++) store.put(`row-${rowCount}`, rowCount++);
  state.takeChangelog();
  state.fold();
  try {
    await state.flush({ changelogs: new Map(), metadata: String(rowCount) });
    return '';
  } catch (error) {
    if (hasCode(error, 'STATE_DISK_FULL')) return `${error.code} ${error.disposition}`;
    throw error;
  }
}

function check(index: number): void {
  const value = state.store(crashSpecs.rows).get(`row-${index}`);
  if (value !== index) throw new RangeError(`row ${index} is ${value}`);
}
