import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { createIngestUnderTest } from '../test-support/ingest-under-test.ts';
import { clicks, codeOf, field, openBody, record } from '../test-support/recorder.ts';

test('J3 on the embedded log: what was acked before the log was closed without a checkpoint is acked after, disks that are full say so', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stepwright-ingest-'));
  const keyring = createMemoryKeyring();
  let freeBytes = 1e12;
  try {
    const before = await openEmbeddedLog({ directory, freeBytes: async () => freeBytes });
    const first = await createIngestUnderTest({ log: before, keyring });
    const recorders = await Promise.all(Array.from({ length: 20 }, (_, index) => record(first, `s${index}`)));
    await Promise.all(recorders.map((recorder, index) => recorder.send(1, clicks(index + 1))));
    await first.service.checkpoint();
    await Promise.all(recorders.map((recorder, index) => recorder.send(index + 2, clicks(1))));
    await before.close();

    const after = await openEmbeddedLog({ directory, freeBytes: async () => freeBytes });
    const second = await createIngestUnderTest({ log: after, keyring });
    for (let index = 0; index < 20; index += 1) {
      const opened = await (await record(second, `s${index}`)).post('/v1/sessions', openBody(`s${index}`));
      assert.equal(field(opened, 'ackedSeq'), index + 2);
      assert.equal(field(opened, 'resumed'), true);
    }
    await after.close();

    freeBytes = 0;
    const full = await openEmbeddedLog({ directory, freeBytes: async () => freeBytes });
    const third = await createIngestUnderTest({ log: full, keyring });
    const refused = await (await record(third, 's0')).send(3, clicks(1));
    assert.deepEqual([refused.status, codeOf(refused)], [507, 'STORAGE_FULL']);
    await full.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});
