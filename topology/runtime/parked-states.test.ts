import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import type { TaskState } from '../../state/task-state.ts';
import { openTaskState } from '../../state/task/open-task-state.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { ParkedStates } from './parked-states.ts';

const backend = createMemoryBackendFactory();
const open = (name: string): Promise<TaskState> =>
  openTaskState({ taskId: name, directory: name, stores: [], backend, clock: createManualClock() });

test('a parked state is taken once, as it is; the rest is closed when it is not wanted, and its directory is free', async () => {
  const parked = new ParkedStates();
  await Promise.all(['0_0', '0_1', '0_2'].map((name) => parked.park(name, () => open(name))));
  const taken = await parked.take('0_0');
  assert.ok(taken);
  assert.equal(await parked.take('0_0'), undefined);
  const released = parked.release((name) => name === '0_1');
  assert.equal(await parked.take('0_2'), undefined, 'waits until it is closed');
  await (await open('0_2')).close();
  await released;
  await assert.rejects(open('0_1'), { code: 'STATE_LOCKED' });
  await parked.close();
  await (await open('0_1')).close();
  await taken.close();
});

test('one that is still being opened when all is closed is closed too, and waited for', async () => {
  const parked = new ParkedStates();
  const opening = parked.park('1_0', () => open('1_0'));
  await parked.close();
  assert.equal(await opening, undefined);
  await (await open('1_0')).close();
  assert.equal(await parked.park('1_0', () => open('1_0')), undefined);
});
