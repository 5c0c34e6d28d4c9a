import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../testing/manual-clock.ts';
import { Mailbox } from './mailbox.ts';

test('letters run in order at the next drain; what they post waits for the one after', () => {
  const mailbox = new Mailbox(createManualClock());
  const ran: number[] = [];
  mailbox.post(() => {
    ran.push(1);
    mailbox.post(() => ran.push(3));
  });
  mailbox.post(() => ran.push(2));
  assert.equal(mailbox.drain(), 2);
  assert.deepEqual(ran, [1, 2]);
  assert.equal(mailbox.drain(), 1);
  assert.deepEqual(ran, [1, 2, 3]);
});

test('a wait ends at once when something came since the last drain, and at a wake, and when its time is up', async () => {
  const clock = createManualClock();
  const mailbox = new Mailbox(clock);
  mailbox.wake();
  await mailbox.wait(Infinity);
  mailbox.drain();
  const woken = mailbox.wait(Infinity);
  mailbox.wake();
  await woken;
  mailbox.drain();
  const timed = mailbox.wait(100);
  clock.advance(100);
  await timed;
});

test('a wait that was woken leaves no timer behind', async () => {
  const clock = createManualClock();
  const mailbox = new Mailbox(clock);
  const waiting = mailbox.wait(100);
  mailbox.wake();
  await waiting;
  assert.equal(clock.nextTimerAtMs(), undefined);
});
