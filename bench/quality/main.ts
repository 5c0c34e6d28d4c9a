import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { guidesOfCommand, guidesOfFolder } from './guides.ts';
import { readRecordings } from './recording.ts';
import { report } from './report.ts';
import { passes, scoreRecording } from './score.ts';

const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { data: { type: 'string' }, guides: { type: 'string' } } });
process.exitCode = main(values.data, values.guides);

/** @returns the exit code: 0 when every threshold is reached. */
function main(data: string | undefined, guides: string | undefined): number {
  const folder = data === undefined ? defaultData() : resolve(data);
  const recordings = readRecordings(folder);
  if (recordings.length === 0) {
    process.stderr.write(`no recordings (*.json.gz) in ${folder}; name a folder with --data\n`);
    return 2;
  }
  const ids = recordings.map((recording) => recording.id);
  const source = guides === undefined ? guidesOfCommand(join(root, 'cli', 'stepwright.mjs'), folder, ids) : guidesOfFolder(resolve(guides));
  const scored = recordings.map((recording) => scoreRecording(recording, source(recording.id)));
  process.stdout.write(`${recordings.length} recordings of ${folder}\n\n${report(scored)}\n`);
  return passes(scored) ? 0 : 1;
}

/** The full set beside the checkout when it is there, else the dozen kept with the tests. */
function defaultData(): string {
  const beside = join(root, '..', 'shared', 'data', 'miniwob');
  return existsSync(beside) ? beside : join(root, 'bench', 'quality', 'testdata');
}

/** The nearest folder upwards with a package.json: compiled code runs from dist. */
function packageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : packageRoot(dirname(from));
}
