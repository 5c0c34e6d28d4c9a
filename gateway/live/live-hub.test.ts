import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import { createManualClock } from '../../topology/testing/manual-clock.ts';
import { sessionRow, stepRow } from '../test-support/gateway-under-test.ts';
import { LiveHub } from './live-hub.ts';
import type { LiveSocket } from './live-server.ts';
import { PartitionRing } from './partition-ring.ts';
import type { TailRecord } from './partition-ring.ts';
import { Watcher } from './watcher.ts';

const json = <T>(): { serialize: (value: T) => Buffer; deserialize: (bytes: Buffer) => T } => ({
  serialize: (value) => Buffer.from(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(bytes.toString()),
});
const scope = 'acme/s1';
const limits = { maxBufferedBytes: 100, maxPendingSteps: 50, maxStallMs: 5_000 };

class FakeSocket implements LiveSocket {
  readonly sent: Readonly<Record<string, unknown>>[] = [];
  closedWith: number | undefined;
  buffered = 0;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  bufferedBytes(): number {
    return this.buffered;
  }
  close(code: number): void {
    this.closedWith = code;
  }
}

interface Stage {
  readonly hub: LiveHub;
  readonly skipped: readonly unknown[];
  readonly clock: ReturnType<typeof createManualClock>;
  watch(from?: bigint): { readonly socket: FakeSocket; readonly watcher: Watcher };
  feed(firstOffset: number, stepIds: readonly string[], nextOffset?: number): void;
}

function stage(): Stage {
  const clock = createManualClock();
  const skipped: unknown[] = [];
  const hub = new LiveHub({
    stepSerde: json<StepUpsert>(),
    sessionSerde: json<SessionUpsert>(),
    ringLimits: { maxRecords: 100, maxBytes: 1_000_000 },
    nowMs: () => clock.nowMs(),
    onDeleted: () => {},
    onUnreadable: (error) => skipped.push(error),
  });
  hub.reset(new Map([[0, 0n]]));
  const record = (offset: number, stepId: string): TailRecord => ({
    offset: BigInt(offset),
    scope,
    value: json<StepUpsert>().serialize(stepRow('s1', stepId, offset)),
  });
  return {
    hub,
    clock,
    skipped,
    watch(from) {
      const socket = new FakeSocket();
      const watcher = new Watcher(socket, limits);
      hub.add(scope, watcher);
      const session = sessionRow('s1', 0);
      if (from !== undefined) watcher.begin({ type: 'waiting' }, from, session, clock.nowMs());
      return { socket, watcher };
    },
    feed: (firstOffset, stepIds, nextOffset = firstOffset + stepIds.length) =>
      hub.feedSteps(
        0,
        stepIds.map((stepId, index) => record(firstOffset + index, stepId)),
        BigInt(nextOffset),
      ),
  };
}

const stepsOf = (message: Readonly<Record<string, unknown>> | undefined): string[] => {
  const steps = message?.['steps'];
  return Array.isArray(steps) ? steps.map(({ title }) => String(title)) : [];
};

test('a batch of the tail is one message with the latest of each step and the position behind the batch', () => {
  const { watch, feed } = stage();
  const { socket } = watch(0n);
  feed(1, ['p1', 'p2', 'p1'], 9);
  assert.deepEqual(stepsOf(socket.sent[1]), ['Click p2 (2)', 'Click p1 (3)']);
  assert.equal(socket.sent[1]?.['offset'], '9');
});

test('W1: records before the position of the first message are not sent again, W3: those that came meanwhile are', () => {
  const { watch, feed, clock } = stage();
  const { socket, watcher } = watch();
  feed(0, ['p1', 'p2', 'p3']);
  feed(3, ['p4']);
  assert.equal(socket.sent.length, 0);
  watcher.begin({ type: 'waiting' }, 2n, sessionRow('s1', 0), clock.nowMs());
  assert.deepEqual(socket.sent.slice(1).map(stepsOf), [['Click p3 (2)'], ['Click p4 (3)']]);
});

test('W2: a slow watcher gets the latest of each step in one message when it drains', () => {
  const { watch, feed, clock } = stage();
  const { socket, watcher } = watch(0n);
  socket.buffered = 1_000;
  feed(0, ['p1', 'p2']);
  feed(2, ['p1']);
  feed(3, ['p1', 'p3']);
  assert.equal(socket.sent.length, 1);
  socket.buffered = 0;
  watcher.flush(clock.nowMs());
  assert.deepEqual(stepsOf(socket.sent[1]).toSorted(), ['Click p1 (3)', 'Click p2 (1)', 'Click p3 (4)']);
  assert.equal(socket.sent[1]?.['offset'], '5');
});

test('a watcher that stalls for too long, or has too much waiting, is closed with the code that means reload', () => {
  const slow = stage();
  const first = slow.watch(0n);
  first.socket.buffered = 1_000;
  slow.feed(0, ['p1']);
  slow.clock.advance(limits.maxStallMs + 1);
  first.watcher.flush(slow.clock.nowMs());
  assert.equal(first.socket.closedWith, 4001);
  const full = stage();
  const second = full.watch(0n);
  second.socket.buffered = 1_000;
  full.feed(
    0,
    Array.from({ length: 60 }, (_, index) => `p${index}`),
  );
  assert.equal(second.socket.closedWith, 4001);
});

test('a session upsert is sent once, and an older revision never', () => {
  const { hub, watch } = stage();
  const { socket } = watch(0n);
  const feed = (ordinal: number): void =>
    hub.feedSessions(0, [{ offset: 0n, scope, value: json<SessionUpsert>().serialize(sessionRow('s1', ordinal)) }]);
  for (const ordinal of [3, 3, 2, 4]) feed(ordinal);
  assert.deepEqual(
    socket.sent.slice(1).map((message) => Reflect.get(Object(message['session']), 'eventCount')),
    [3, 4],
  );
});

test('a broken record is skipped and told, and those around it arrive', () => {
  const { hub, watch, skipped } = stage();
  const { socket } = watch(0n);
  const good = (offset: bigint): TailRecord => ({
    offset,
    scope,
    value: Buffer.from(JSON.stringify(stepRow('s1', `p${offset}`, Number(offset)))),
  });
  hub.feedSteps(0, [good(1n), { offset: 2n, scope, value: Buffer.from('sealed') }, good(3n)], 4n);
  hub.feedSessions(0, [{ offset: 0n, scope, value: Buffer.from('sealed') }]);
  assert.deepEqual(socket.sent.slice(1).map(stepsOf), [['Click p1 (1)', 'Click p3 (3)']]);
  assert.equal(skipped.length, 2);
});

test('H2: the ring answers exactly the records of a session from an offset on, or says that it does not reach back', () => {
  const pushes = fc.array(fc.record({ gap: fc.nat(3), own: fc.boolean(), size: fc.integer({ min: 1, max: 30 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(pushes, fc.integer({ min: 1, max: 10 }), fc.nat(150), (plan, maxRecords, since) => {
      const ring = new PartitionRing(0n, { maxRecords, maxBytes: 120 });
      const all: TailRecord[] = [];
      let offset = 0n;
      for (const { gap, own, size } of plan) {
        offset += BigInt(gap);
        const record = { offset, scope: own ? scope : 'acme/s2', value: Buffer.alloc(size) };
        all.push(record);
        ring.push([record], (offset += 1n));
      }
      const wanted = all.filter((record) => record.scope === scope && record.offset >= BigInt(since));
      const found = ring.since(scope, BigInt(since));
      if (found === undefined) assert.ok(BigInt(since) < ring.startOffset);
      else assert.deepEqual(found, wanted);
      assert.ok(plan.length === 0 || ring.nextOffset === offset);
    }),
    { numRuns: 500 },
  );
});
