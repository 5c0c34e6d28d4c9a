import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localTenant } from '../../cli/guide/embedded-run.ts';
import { readDeadLetters } from '../../cli/platform/dead-letters.ts';
import { openStorage, type Storage } from '../../cli/platform/storage.ts';
import { createGuideDocuments } from '../../sinks/s3/guides/guide-documents.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';

/** What a run has made: everything that must not depend on how often it was killed. */
export interface Outcome {
  /** Printed documents, in order. */
  readonly documents: readonly string[];
  /** SHA-256 by path, of every file under `--out`. */
  readonly files: ReadonlyMap<string, string>;
  /** By session: the guide of the views, and the digest of each published document. */
  readonly stored: ReadonlyMap<string, string>;
  /** By session: how many finished guides the topic holds; a second one would be a doubled output. */
  readonly finishedCounts: ReadonlyMap<string, number>;
  readonly deadLetters: readonly string[];
}

export async function readOutcome(documents: readonly string[], dataFolder: string, outFolder: string): Promise<Outcome> {
  const storage = await openStorage({
    dataFolder,
    partitionCount: 1,
    logSync: 'never',
    analytics: false,
    clock: createSystemClock(),
    logger: silentLogger,
  });
  try {
    return await outcomeOf(storage, documents, filesOf(outFolder));
  } finally {
    await storage.close();
  }
}

export async function outcomeOf(storage: Storage, documents: readonly string[], files: ReadonlyMap<string, string>): Promise<Outcome> {
  const published = createGuideDocuments(storage.objects);
  const stored = new Map<string, string>();
  for (const sessionId of documents.map(sessionIdOf)) {
    const parts = [JSON.stringify(await storage.views.guide(localTenant, sessionId))];
    for (const format of ['json', 'html', 'md'] as const) {
      const document = await published.document(localTenant, sessionId, format);
      parts.push(document === undefined || document === 'gone' ? `no ${format}` : digest(document.body));
    }
    stored.set(sessionId, parts.join('\n'));
  }
  const letters = await readDeadLetters(storage.log, 100);
  const deadLetters = letters.map(({ topic, partition, offset, node, code, message }) =>
    [topic, partition, offset, node, code, message].join(' '),
  );
  return { documents, files, stored, finishedCounts: await countFinished(storage), deadLetters };
}

/** What is not the same, as sentences; none when the outcomes are equal byte by byte. */
export function differences(expected: Outcome, actual: Outcome): string[] {
  const found: string[] = [];
  for (const [index, document] of expected.documents.entries()) {
    const other = actual.documents[index] ?? '';
    if (other !== document)
      found.push(`document ${index + 1} (${sessionIdOf(document)}) differs on stdout: ${firstDifference(document, other)}`);
  }
  compareMaps('file', expected.files, actual.files, found);
  compareMaps('stored guide', expected.stored, actual.stored, found);
  compareMaps('count of finished guides of', expected.finishedCounts, actual.finishedCounts, found);
  found.push(...actual.deadLetters.map((letter) => `dead letter: ${letter}`));
  return found;
}

function firstDifference(expected: string, actual: string): string {
  const at = Array.from(expected).findIndex((character, index) => actual[index] !== character);
  const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  return `expected … ${around(expected)} … but got … ${around(actual)} …`;
}

function compareMaps<T>(what: string, expected: ReadonlyMap<string, T>, actual: ReadonlyMap<string, T>, found: string[]): void {
  for (const name of new Set([...expected.keys(), ...actual.keys()])) {
    if (expected.get(name) === actual.get(name)) continue;
    const how = !actual.has(name) ? 'is missing' : expected.has(name) ? 'differs' : 'should not be there';
    found.push(`${what} ${name} ${how}`);
  }
}

async function countFinished({ log, serdes }: Storage): Promise<Map<string, number>> {
  const topic = 'guide.finished.v1';
  const [described] = await log.describeTopics([topic]);
  const partitions = Array.from({ length: described?.partitionCount ?? 0 }, (_, partition) => ({ topic, partition }));
  const reader = await log.openReader({ from: partitions.map((at) => ({ ...at, nextOffset: 0n })), isolation: 'read_committed' });
  const counts = new Map<string, number>();
  for (let batches = await reader.poll({ maxWaitMs: 0 }); batches.length > 0; batches = await reader.poll({ maxWaitMs: 0 })) {
    for (const { key, value } of batches.flatMap(({ records }) => records)) {
      if (key === null || value === null) continue;
      const { sessionId } = serdes[topic].deserialize(value, key);
      counts.set(sessionId, (counts.get(sessionId) ?? 0) + 1);
    }
  }
  await reader.close();
  return counts;
}

function filesOf(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [path.slice(folder.length + 1), digest(readFileSync(path))]));
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sessionIdOf(document: string): string {
  const parsed: unknown = JSON.parse(document);
  return typeof parsed === 'object' && parsed !== null && 'sessionId' in parsed ? String(parsed.sessionId) : '';
}
