import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordingTarget } from '../../record/browser-recorder.ts';

/** Writes a recording as a folder: `events.jsonl` (docs/events.md) and `screenshots/<sha256>.png`. An older recording there is replaced. */
export function createFolderTarget(folder: string): RecordingTarget {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'screenshots'), { recursive: true });
  return {
    event: (event) => appendFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(event)}\n`),
    screenshot: (sha256, png) => writeFileSync(join(folder, 'screenshots', `${sha256}.png`), png),
  };
}
