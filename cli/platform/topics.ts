import type { TopicSerdes } from '../../schemas/avro-serde.ts';
import type { TopicSpec } from '../../topology/log/log.ts';

/** Ingest's own compacted topic of session states. */
export const ingestStateTopic = 'ingest.sessions.v1';

/** Topics of a whole session, keyed `tenantId/sessionId`, with equal partition counts: one session is in one partition of each. */
export const sessionTopics = [
  'capture.events.v1',
  'guide.steps.v1',
  'guide.sessions.v1',
  'guide.finished.v1',
] as const satisfies readonly (keyof TopicSerdes)[];

const dayMs = 86_400_000;

/**
 * The topics that the platform owns; the engine creates its changelogs and the dead letters itself. Events are kept for ever, since a replay begins
 * with them; deleting a session destroys its key, which makes its records unreadable wherever they stand (docs/adr/0008).
 */
export function topicSpecs(partitionCount: number): TopicSpec[] {
  return [
    ...sessionTopics.map((name) => ({ name, partitionCount })),
    { name: 'title.requests.v1', partitionCount, retentionMs: 7 * dayMs },
    { name: 'usage.events.v1', partitionCount: 1, retentionMs: 90 * dayMs },
    { name: 'processor.times.v1', partitionCount: 1, retentionMs: 7 * dayMs },
    { name: 'dead-letters.v1', partitionCount: 1, retentionMs: 30 * dayMs },
  ];
}
