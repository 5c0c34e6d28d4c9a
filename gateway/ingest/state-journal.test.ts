import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Keyring } from '../../processors/ports/keyring.ts';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Log } from '../../topology/log/log.ts';
import { createIngestUnderTest } from '../test-support/ingest-under-test.ts';
import { clicks, record } from '../test-support/recorder.ts';

const stateTopic = { topic: 'ingest.sessions.v1', partition: 0 };

async function stateRecordCount(log: Log): Promise<number> {
  const [range] = await log.offsets([stateTopic], 'read_committed');
  return Number(range?.nextOffset ?? 0n);
}

test('a checkpoint whose states cannot be sealed is tried again with the next one, and the ones after it go on', async () => {
  const keys = createMemoryKeyring();
  let isFull = false;
  const keyring: Keyring = {
    peek: (scope) => keys.peek(scope),
    destroy: (scope) => keys.destroy(scope),
    hmacKeyFor: (scope) => keys.hmacKeyFor(scope),
    keyFor: (scope) => {
      if (isFull) throw new StepwrightError('STATE_DISK_FULL', 'no space left for a key', { disposition: 'retry' });
      return keys.keyFor(scope);
    },
  };
  const recorder = await record(await createIngestUnderTest({ keyring }));
  await recorder.send(1, clicks(1));
  isFull = true;
  await recorder.ingest.service.checkpoint();
  assert.equal(await stateRecordCount(recorder.ingest.log), 0);
  isFull = false;
  await recorder.ingest.service.checkpoint();
  assert.ok((await stateRecordCount(recorder.ingest.log)) > 0, 'the state that was not written is still to be written');
  await recorder.ingest.service.close();
});

test('closing while a checkpoint is under way sets no further timer', async () => {
  const ingest = await createIngestUnderTest();
  const recorder = await record(ingest);
  await recorder.send(1, clicks(1));
  ingest.clock.advance(ingest.deps.limits.checkpointIntervalMs);
  await ingest.service.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ingest.clock.nextTimerAtMs(), undefined);
});
