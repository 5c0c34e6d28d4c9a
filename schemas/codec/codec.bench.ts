import { createMemoryRegistry } from '../registry/memory-registry.ts';
import { avroSerde } from '../avro-serde.ts';
import { sampleChunk } from '../testing/sample-chunk.ts';

/**
 * Question: what do encode and decode of a typical chunk of 20 events cost? Not measured: sealing, the registry's files, garbage collection of
 * chunks that live long. Run: `node dist/schemas/codec/codec.bench.js`; prints one JSON line.
 */
const rounds = 9;
const callsARound = 3000;
const chunk = sampleChunk(20);
const noKey = new Uint8Array();
const serde = await avroSerde('capture.events.v1', createMemoryRegistry());
const bytes = serde.serialize(chunk, noKey);

function microsecondsACall(run: () => unknown): readonly number[] {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < callsARound; call += 1) run();
    times.push(Number(process.hrtime.bigint() - start) / 1000 / callsARound);
  }
  return times.slice(2).toSorted((left, right) => left - right);
}

function summary(times: readonly number[]): Record<string, number> {
  const at = (share: number): number => Math.round((times[Math.floor((times.length - 1) * share)] ?? 0) * 10) / 10;
  return { minUs: at(0), medianUs: at(0.5), maxUs: at(1) };
}

const json = JSON.stringify(chunk);
const report = {
  node: process.version,
  eventCount: chunk.events.length,
  avroBytes: bytes.length,
  jsonBytes: Buffer.byteLength(json),
  encode: summary(microsecondsACall(() => serde.serialize(chunk, noKey))),
  decode: summary(microsecondsACall(() => serde.deserialize(bytes, noKey))),
  jsonStringify: summary(microsecondsACall(() => Buffer.from(JSON.stringify(chunk)))),
  jsonParse: summary(microsecondsACall(() => JSON.parse(json))),
  sameValue: JSON.stringify(serde.deserialize(bytes, noKey)) === json,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
