import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundledRecordings, fullRecordings, packageRoot } from './data-folders.ts';
import { guidesOfCommand, guidesOfFolder } from './guides.ts';
import { readRecordings } from './recording.ts';
import { report } from './report.ts';
import { passes, scoreRecording } from './score.ts';

const { values } = parseArgs({ options: { data: { type: 'string' }, guides: { type: 'string' } } });
process.exitCode = main(values.data, values.guides);

/** @returns the exit code: 0 when every threshold is reached. */
function main(data: string | undefined, guides: string | undefined): number {
  const folder = data === undefined ? (fullRecordings() ?? bundledRecordings) : resolve(data);
  const recordings = readRecordings(folder);
  if (recordings.length === 0) {
    process.stderr.write(`no recordings (*.json.gz) in ${folder}; name a folder with --data\n`);
    return 2;
  }
  const ids = recordings.map((recording) => recording.id);
  const source =
    guides === undefined ? guidesOfCommand(join(packageRoot, 'cli', 'stepwright.mjs'), folder, ids) : guidesOfFolder(resolve(guides));
  const scored = recordings.map((recording) => scoreRecording(recording, source(recording.id)));
  process.stdout.write(`${recordings.length} recordings of ${folder}\n\n${report(scored)}\n`);
  return passes(scored) ? 0 : 1;
}
