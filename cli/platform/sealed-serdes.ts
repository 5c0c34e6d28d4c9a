import type { Keyring } from '../../processors/ports/keyring.ts';
import type { TopicSerdes } from '../../schemas/avro-serde.ts';
import { sealed } from '../../schemas/sealed.ts';

/**
 * The serdes of the topics as every role uses them. What belongs to one session is sealed under its key in every topic, derived or not: a log
 * cannot delete a record by its address, so destroying the key is what deletes it there. References (dead letters) are plain.
 */
export function sealSessionTopics(plain: TopicSerdes, keyring: Keyring): TopicSerdes {
  return {
    ...plain,
    'capture.events.v1': sealed(plain['capture.events.v1'], keyring),
    'guide.steps.v1': sealed(plain['guide.steps.v1'], keyring),
    'guide.sessions.v1': sealed(plain['guide.sessions.v1'], keyring),
    'guide.finished.v1': sealed(plain['guide.finished.v1'], keyring),
    'title.requests.v1': sealed(plain['title.requests.v1'], keyring),
    'usage.events.v1': sealed(plain['usage.events.v1'], keyring),
  };
}
