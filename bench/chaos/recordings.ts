import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDice } from '../../topology/testing/dice.ts';
import { syntheticSession, type Picture } from './synthetic-session.ts';

export const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));
const demoFolder = join(packageRoot, 'cli', 'demo', 'recording');

export interface RecordingSet {
  /** Synthetic recordings, beside the bundled ones. */
  readonly syntheticCount: number;
  readonly eventCount: number;
  /** One picture each so many actions. */
  readonly pictureEvery: number;
  /** Recordings of other people, as many as there are up to this. */
  readonly miniwobCount: number;
  readonly seed: number;
}

/**
 * Lays a set of recordings out in a folder: the bundled demo with its pictures, recordings of MiniWoB++ (all 103 when they lie beside the checkout), and
 * long synthetic ones that reuse the demo's pictures. Answers the files.
 */
export function layOutRecordings(folder: string, set: RecordingSet): string[] {
  const pictures = copyPictures(join(folder, 'screenshots'));
  const files = miniwobFiles()
    .slice(0, set.miniwobCount)
    .map((path) => copyInto(folder, path, basename(path)));
  files.push(copyInto(folder, join(demoFolder, 'events.jsonl'), 'demo.jsonl'));
  for (let index = 0; index < set.syntheticCount; index += 1) {
    const events = syntheticSession({
      dice: createDice(set.seed + index),
      eventCount: set.eventCount,
      startedAtMs: 1_790_000_000_000 + index * 60_000,
      pictures,
      pictureEvery: set.pictureEvery,
    });
    const path = join(folder, `long-${index}.jsonl`);
    writeFileSync(path, `${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
    files.push(path);
  }
  return files;
}

function copyInto(folder: string, from: string, name: string): string {
  const to = join(folder, name);
  copyFileSync(from, to);
  return to;
}

function copyPictures(folder: string): Picture[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(join(demoFolder, 'screenshots'))
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(demoFolder, 'screenshots', name));
      writeFileSync(join(folder, name), bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      // Width and height stand at fixed places of a PNG's first chunk.
      return { sha256, sizeBytes: bytes.length, width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
    });
}

/** Every third of the full set: names are sorted by task, so many tasks are in it. */
function miniwobFiles(): string[] {
  const beside = join(packageRoot, '..', 'shared', 'data', 'miniwob');
  const bundled = [join(packageRoot, 'bench', 'quality', 'testdata'), join(packageRoot, 'agent', 'import', 'testdata', 'miniwob')];
  const listOf = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith('.json.gz'))
          .sort()
          .map((name) => join(folder, name))
      : [];
  const full = listOf(beside);
  if (full.length > 0) return full.filter((_, index) => index % 3 === 0);
  const names = new Set<string>();
  return bundled.flatMap(listOf).filter((path) => !names.has(basename(path)) && names.add(basename(path)));
}
