import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readRecordingFile } from '../../cli/guide/recording-file.ts';
import { createFileKeyring } from '../../processors/adapters/file-keyring/file-keyring.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createFileRegistry } from '../../schemas/registry/file-registry.ts';
import type { Serde } from '../../schemas/serde.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { readRecordings, recordingSuffix, type DomNode } from '../quality/recording.ts';
import { leakedPasswords } from '../quality/secrets.ts';
import { openedRecords, openedRows, openedViews, type OpenedRecord } from './open-records.ts';

export interface MiniwobReport {
  readonly recordingCount: number;
  readonly withPasswordCount: number;
  readonly recordCount: number;
  /** Place and path, never the password. */
  readonly leaks: readonly string[];
}

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../../cli/stepwright.mjs', import.meta.url));

/** Runs every recording with a password in its last page through the platform, then looks for it in each decoded record of its session. */
export async function checkMiniwob(recordings: string, dataFolder: string): Promise<MiniwobReport> {
  const all = readRecordings(recordings);
  const withPassword = all.filter(({ finalDom }) => hasPassword(finalDom));
  const files = withPassword.map(({ id }) => join(recordings, id + recordingSuffix));
  mkdirSync(dataFolder, { recursive: true });
  await run(process.execPath, [program, 'guide', ...files, '--format', 'miniwob', '--data', dataFolder, '--json'], { maxBuffer: 1 << 28 });
  const bySession = new Map(withPassword.map((recording, index) => [`local/${sessionOf(files[index] ?? '')}`, recording]));
  const leaks = new Set<string>();
  let recordCount = 0;
  for await (const { place, key, value } of decoded(dataFolder)) {
    const recording = bySession.get(scopeOf(key));
    if (recording === undefined) continue;
    recordCount += 1;
    for (const path of leakedPasswords(recording.finalDom, value)) leaks.add(`${place} ${path} of ${recording.id}`);
  }
  return { recordingCount: all.length, withPasswordCount: withPassword.length, recordCount, leaks: [...leaks] };
}

function hasPassword(node: DomNode): boolean {
  return (node.tag === 'INPUT_password' && typeof node.value === 'string' && node.value !== '') || node.children.some(hasPassword);
}

function sessionOf(file: string): string {
  const read = readRecordingFile(file, 'miniwob');
  if (!read.ok) throw new StepwrightError('IMPORT_INVALID', read.problem);
  return read.file.sessionId;
}

interface Decoded {
  readonly place: string;
  readonly key: Buffer;
  readonly value: unknown;
}

async function* decoded(dataFolder: string): AsyncGenerator<Decoded> {
  const clock = createSystemClock();
  const keyring = createFileKeyring({ directory: join(dataFolder, 'keys'), clock });
  const serdes: Readonly<Record<string, Serde<unknown>>> = {
    ...(await createTopicSerdes(createFileRegistry(join(dataFolder, 'schemas')))),
  };
  const log = await openEmbeddedLog({ directory: join(dataFolder, 'log'), clock });
  for await (const record of openedRecords(log, keyring)) yield decode(record, serdes);
  await log.close();
  for await (const row of openedRows(join(dataFolder, 'state'), keyring)) yield decode(row, serdes);
  for await (const row of openedViews(dataFolder, keyring)) yield decode(row, serdes);
}

function decode({ place, key, bytes }: OpenedRecord, serdes: Readonly<Record<string, Serde<unknown>>>): Decoded {
  const serde = serdes[place];
  return { place, key, value: serde === undefined ? parsed(bytes) : serde.deserialize(bytes, key) };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes.toString('latin1');
  }
}

function scopeOf(key: Buffer): string {
  return /^[^/]+\/[A-Za-z0-9._-]+/.exec(key.toString('latin1'))?.[0] ?? '';
}
