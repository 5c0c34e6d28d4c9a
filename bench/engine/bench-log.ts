import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { createKafkaLog } from '../../topology/log/kafka/kafka-log.ts';
import type { Log } from '../../topology/log/log.ts';

const topics = ['events', 'counts', 'bench-counts-changelog'];

/** Opens the log that `--log` names: `embedded` in a folder of the run, or `kafka` on a broker, where topics of an earlier run are deleted first. */
export function benchLog(name: string, broker: string): (directory: string) => Promise<Log> {
  if (name === 'embedded') return (directory) => openEmbeddedLog({ directory });
  if (name !== 'kafka') throw new Error(`--log must be embedded or kafka, not "${name}"`);
  return async () => {
    const log = createKafkaLog({ brokers: [broker] });
    const left = await log.describeTopics(topics);
    await log.deleteTopics(left.map((topic) => topic.name));
    return log;
  };
}
