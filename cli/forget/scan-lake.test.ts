import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { ingestHeader } from '../../schemas/record-headers.ts';
import { sealed } from '../../schemas/sealed.ts';
import type { Serde } from '../../schemas/serde.ts';
import { createLakeBench, lakeRecords } from '../../sinks/lake/test-support/lake-bench.ts';
import { createMemoryObjectStore } from '../../sinks/memory/memory-object-store.ts';
import { hasCode } from '../../topology/base/errors.ts';
import { Findings } from './findings.ts';
import { scanLake } from './scan-lake.ts';

const bytes: Serde<Buffer> = { serialize: (value) => value, deserialize: (value) => Buffer.from(value) };
const words = Buffer.from('{"title":"what somebody typed in a form"}');
const device = Buffer.from('{"v":1,"d":"a device of somebody"}');
const timestampMs = Date.UTC(2026, 10, 22);

test('a session whose key is destroyed is unreadable in the lake, what comes late too, and the search proves it', async () => {
  const keyring = createMemoryKeyring();
  const events = sealed(bytes, keyring);
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const chunk = (scope: string) => {
    const key = Buffer.from(scope);
    const headers = [[ingestHeader, events.serialize(device, key)]] as const;
    return { partition: 0, key, value: events.serialize(words, key), timestampMs, headers };
  };
  const late = chunk('acme/s1');
  await bench.send([chunk('acme/s1'), chunk('acme/s2'), chunk('acme/s1')]);
  await bench.drain(store);
  const [before] = await lakeRecords(store);
  assert.deepEqual(events.deserialize(before?.value ?? Buffer.alloc(0), Buffer.from('acme/s1')), words);
  assert.deepEqual(events.deserialize(before?.headers.ingest ?? Buffer.alloc(0), Buffer.from('acme/s1')), device);

  await keyring.destroy('acme/s1');
  await bench.send([late]);
  await bench.drain(store);
  for (const { sessionId, key, value, headers } of await lakeRecords(store)) {
    for (const [bytes, plain] of [
      [value, words],
      [headers.ingest, device],
    ] as const) {
      const read = (): unknown => events.deserialize(bytes ?? Buffer.alloc(0), key);
      if (sessionId === 's2') assert.deepEqual(read(), plain);
      else assert.throws(read, (error) => hasCode(error, 'SEAL_KEY_GONE'));
    }
  }
  const findings = new Findings();
  await scanLake(store, ['acme', 's1'], findings);
  assert.deepEqual(findings.places(), [{ place: 'lake', unreadableCount: 3, idCount: 0, readableCount: 0 }]);
});

test('the search finds a record that nobody sealed, and is silent where there is no lake', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const findings = new Findings();
  await scanLake(store, ['acme', 's1'], findings);
  assert.deepEqual(findings.places(), []);
  await bench.send([{ partition: 0, key: Buffer.from('acme/s1'), value: words, timestampMs }]);
  await bench.drain(store);
  await scanLake(store, ['acme', 's1'], findings);
  assert.equal(findings.readableCount(), 1);
});

test('the search finds a header that has the form of a seal and words inside', async () => {
  const bench = await createLakeBench();
  const store = createMemoryObjectStore();
  const headers = [[ingestHeader, Buffer.concat([Buffer.of(1), device])]] as const;
  await bench.send([{ partition: 0, key: Buffer.from('acme/s1'), value: null, timestampMs, headers }]);
  await bench.drain(store);
  const findings = new Findings();
  await scanLake(store, ['acme', 's1'], findings);
  assert.equal(findings.readableCount(), 1);
});
