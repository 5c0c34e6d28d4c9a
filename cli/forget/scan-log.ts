import { inFlightStore } from '../../topology/builder/internal-stores.ts';
import type { InputRecord, Log } from '../../topology/log/log.ts';
import type { Findings } from './findings.ts';
import { belongsTo, worthOf } from './worth.ts';

/** `stepwright-ingest` is sealed like the value it stands beside; any other header of a session's record must not say anything. */
const inFlightTopic = /-in-flight-changelog$/;
const timersTopic = /-timers-changelog$/;
const pollMs = 1_000;

/** Looks at every record of these topics, aborted ones included; a topic that is not there is left out. */
export async function scanLog(log: Log, topics: readonly string[], scope: string, findings: Findings): Promise<void> {
  for (const { name, partitionCount } of await log.describeTopics(topics)) {
    findings.looked(`topic ${name}`);
    const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ topic: name, partition }));
    const ranges = await log.offsets(partitions, 'read_uncommitted');
    const from = ranges.map(({ topic, partition, startOffset }) => ({ topic, partition, nextOffset: startOffset }));
    const reader = await log.openReader({ from, isolation: 'read_uncommitted' });
    while (ranges.some((range) => reader.position(range) < range.nextOffset)) {
      for (const { records } of await reader.poll({ maxWaitMs: pollMs }))
        for (const record of records) judge(name, record, scope, findings);
    }
    await reader.close();
  }
}

function judge(topic: string, record: InputRecord, scope: string, findings: Findings): void {
  const place = `topic ${topic}`;
  const { key, value, headers } = record;
  if (inFlightTopic.test(topic)) return judgeInFlight(place, value, scope, findings);
  if (belongsTo(key, scope)) {
    findings.add(place, timersTopic.test(topic) ? 'id' : worthOf(value));
    for (const [, header] of headers) if (worthOf(header) === 'readable') findings.add(place, 'readable');
  } else if ([key, value, ...headers.map(([, header]) => header)].some((bytes) => bytes?.includes(scope) === true)) {
    // A dead letter names the record that it is about.
    findings.add(place, 'id');
  }
}

/** Keyed by the order of admission: whose it is stands inside. */
export function judgeInFlight(place: string, value: Buffer | null, scope: string, findings: Findings): void {
  if (value === null) return;
  const entry = inFlightStore('any').value.deserialize(value, Buffer.alloc(0));
  if (belongsTo(entry.key, scope)) findings.add(place, worthOf(entry.value));
}
