import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSerde } from '../../schemas/serdes.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { stringKey } from '../keys/key-serdes.ts';
import { createMemoryBackendFactory } from '../memory/memory-backend.ts';
import { keyValueStore } from '../store.ts';
import { StateHarness } from '../testing/state-harness.ts';

test('K2 a changed value whose owner was deleted becomes a deletion in store and changelog; the commit of the others goes on', async () => {
  const deleted = new Set<string>();
  const json = jsonSerde<number>();
  const spec = keyValueStore('counts', {
    key: stringKey,
    value: {
      ...json,
      serialize: (value: number, key: Uint8Array) => {
        if (deleted.has(key.toString())) throw new StepwrightError('SEAL_KEY_GONE', 'deleted', { disposition: 'drop' });
        return json.serialize(value, key);
      },
    },
  });
  const harness = new StateHarness(createMemoryBackendFactory(), 'memory');
  await harness.open([spec]);
  const store = harness.state.store(spec);
  for (const key of ['a', 'b']) store.put(key, 1);
  harness.commit();
  for (const key of ['a', 'b']) store.put(key, 2);
  deleted.add('a');
  const changelog = harness.commit().map(({ key, value }) => [key.toString(), value?.toString()]);
  assert.deepEqual(changelog, [
    ['a', undefined],
    ['b', '2'],
  ]);
  assert.deepEqual(store.getMany(['a', 'b']), [undefined, 2]);
  await harness.flush();
  assert.deepEqual([...store.range(undefined, undefined)], [['b', 2]]);
  await harness.state.close();
});
