/**
 * The process that the crash test kills: counts keys, commits and flushes in a loop, each flush with the number of its commit as position.
 * Every value of a commit is that commit's number, so whoever reads the store afterwards can tell the moment of each row.
 * Arguments: directory, first commit number. Prints a line once it has flushed.
 */
import { createSystemClock } from '../../topology/base/clock.ts';
import { StateDirectory } from '../directory/state-directory.ts';
import { createRocksBackendFactory } from '../rocksdb/rocksdb-backend.ts';
import { crashSpecs } from './crash-specs.ts';

const [directoryPath = '', firstCommit = '0'] = process.argv.slice(2);
const directory = new StateDirectory({
  directory: directoryPath,
  application: 'crash',
  backend: createRocksBackendFactory(),
  clock: createSystemClock(),
});
const { rows, latest } = crashSpecs;
const state = await directory.openTask({ taskId: '0_0', stores: [rows, latest] });
const rowStore = state.store(rows);
const latestStore = state.store(latest);

for (let commit = Number(firstCommit); ; commit++) {
  // Each commit rewrites a stretch of rows that moves on, and one key that names the commit.
  for (let index = 0; index < 200; index++) rowStore.put(`row-${(commit * 50 + index) % 1_000}`, commit);
  latestStore.put('commit', commit);
  state.takeChangelog();
  state.fold();
  const at = { nextOffset: BigInt(commit), topicId: 't' };
  await state.flush({
    changelogs: new Map([
      ['rows', at],
      ['latest', at],
    ]),
    metadata: String(commit),
  });
  if (commit === Number(firstCommit)) process.stdout.write('flushed\n');
}
