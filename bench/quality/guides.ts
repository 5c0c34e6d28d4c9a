import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guide } from '../../schemas/types/guide.ts';
import { recordingSuffix } from './recording.ts';

/** Answers the guide of a recording, or undefined when there is none. */
export type GuideSource = (id: string) => Guide | undefined;

/** Guides that stand in a folder as `<id>.json` or `<id>/guide.json`. */
export function guidesOfFolder(folder: string): GuideSource {
  return (id) => {
    const path = [join(folder, `${id}.json`), join(folder, id, 'guide.json')].find((candidate) => existsSync(candidate));
    return path === undefined ? undefined : asGuide(JSON.parse(readFileSync(path, 'utf8')));
  };
}

/**
 * Runs `stepwright guide FILE… --json` over all recordings; when some failed, once more one by one, so that each guide finds its recording.
 * @throws when the command cannot be run at all.
 */
export function guidesOfCommand(command: string, folder: string, ids: readonly string[]): GuideSource {
  const files = ids.map((id) => join(folder, id + recordingSuffix));
  const together = run(command, files);
  const isWhole = together.length === files.length || together.length === 0;
  const guides = isWhole ? together : files.map((file) => run(command, [file])[0]);
  const byId = new Map(ids.map((id, index) => [id, guides[index]]));
  return (id) => byId.get(id);
}

function run(command: string, files: readonly string[]): readonly (Guide | undefined)[] {
  const done = spawnSync(process.execPath, [command, 'guide', ...files, '--format', 'miniwob', '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (done.error !== undefined) throw done.error;
  return done.stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => asGuide(JSON.parse(line)));
}

/** A document that has steps is taken for a guide; the schema has its own tests. */
function asGuide(document: unknown): Guide | undefined {
  return isGuide(document) ? document : undefined;
}

function isGuide(document: unknown): document is Guide {
  return typeof document === 'object' && document !== null && 'steps' in document && Array.isArray(document.steps);
}
