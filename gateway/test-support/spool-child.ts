import { createSystemClock } from '../../topology/base/clock.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import type { OutputRecord } from '../../topology/log/log.ts';
import { Spool } from '../ingest/spool/spool.ts';

/**
 * A process for the spool's kill test: appends records with rising numbers, above those that stand and the number that it is given, since an earlier life may have
 * left nothing standing. It prints the number of each once it was acked, and moves the oldest batch out after every tenth append, printing `-` and the number of
 * its last record. Its parent kills it at any moment.
 */
const [directory = '', lastNumber = '0'] = process.argv.slice(2);
const log = await openEmbeddedLog({ directory, sync: 'always', clock: createSystemClock() });
let last = Number(lastNumber);
const spool = await Spool.open({ log, maxBytes: 1 << 26 }, ({ value }) => {
  last = Math.max(last, Number(value?.toString()));
});
process.stdout.write(`standing ${last}\n`);
for (let number = last + 1; ; number += 1) {
  const record: OutputRecord = {
    topic: 'capture.events.v1',
    partition: 3,
    key: Buffer.from('k'),
    value: Buffer.from(String(number)),
    timestampMs: 1,
  };
  await spool.append([record]);
  process.stdout.write(`${number}\n`);
  if (number % 10 !== 0) continue;
  const batch = await spool.head();
  if (batch === undefined) continue;
  // What stands in the real log by then: printed before it is dropped, as a send comes before its drop.
  process.stdout.write(`-${batch.records.at(-1)?.value?.toString()}\n`);
  await spool.drop(batch);
}
