import { StepwrightError } from '../../../topology/base/errors.ts';
import type { CqlSession } from '../cql-session.ts';
import { maxEpoch } from '../stamps.ts';

/**
 * The epoch of an edition's stamps (stamps.ts). It rises when a topic was deleted and made again, because its offsets then begin anew and all its stamps
 * would be older than what stands. Conditional writes (LWT) make it rise once, whoever notices first.
 * @throws {VIEW_FAILED} after 63 rises.
 */
export async function currentEpoch(session: CqlSession, edition: string, topicIds: ReadonlyMap<string, string>): Promise<number> {
  for (;;) {
    const [row] = await session.select('SELECT epoch, topic_ids FROM epochs WHERE edition = ?', [edition]);
    const wanted = idsText(topicIds);
    if (row === undefined) {
      const query = 'INSERT INTO epochs (edition, epoch, topic_ids) VALUES (?, ?, ?) IF NOT EXISTS';
      await session.writeIf({ query, params: [edition, 0, wanted] });
      continue;
    }
    const epoch = Number(row['epoch']);
    const stored = idsOf(row['topic_ids']);
    const merged = idsText(new Map([...stored, ...topicIds]));
    if (merged === idsText(stored)) return epoch;
    const next = [...topicIds].some(([topic, id]) => (stored.get(topic) ?? id) !== id) ? epoch + 1 : epoch;
    if (next > maxEpoch)
      throw new StepwrightError('VIEW_FAILED', `The views have seen topics made anew ${maxEpoch} times: use a new keyspace.`);
    const query = 'UPDATE epochs SET epoch = ?, topic_ids = ? WHERE edition = ? IF epoch = ? AND topic_ids = ?';
    await session.writeIf({ query, params: [next, merged, edition, epoch, String(row['topic_ids'])] });
  }
}

function idsText(ids: ReadonlyMap<string, string>): string {
  return JSON.stringify([...ids].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function idsOf(text: unknown): ReadonlyMap<string, string> {
  const pairs: unknown = JSON.parse(String(text));
  if (!Array.isArray(pairs)) return new Map();
  return new Map(pairs.map((pair: unknown) => (Array.isArray(pair) ? [String(pair[0]), String(pair[1])] : ['', ''])));
}
