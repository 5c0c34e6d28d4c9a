import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepUpsert } from '../../schemas/types/guide.ts';
import { createGatewayUnderTest, sessionRow, stepRow } from '../test-support/gateway-under-test.ts';
import type { GatewayUnderTest } from '../test-support/gateway-under-test.ts';
import type { LiveClient } from '../test-support/live-client.ts';
import { connectLive } from '../test-support/live-client.ts';

type Message = Readonly<Record<string, unknown>>;

interface Stage extends GatewayUnderTest {
  readonly url: string;
  readonly viewer: string;
  /** Appends to the log, and to the views when they keep up. */
  emit(steps: readonly StepUpsert[], options?: { readonly viewsToo?: boolean }): Promise<void>;
}

async function onStage(run: (stage: Stage) => Promise<void>, overrides: Parameters<typeof createGatewayUnderTest>[0] = {}): Promise<void> {
  const under = await createGatewayUnderTest(overrides);
  const { url } = await under.gateway.start();
  await under.views.apply({ sessions: [sessionRow('s1', 1)], steps: [], guides: [], positions: [] });
  const partition = (await under.views.liveSteps('acme', 's1')) ?? 'gone';
  assert.ok(partition !== 'gone');
  let backlog: StepUpsert[] = [];
  const emit: Stage['emit'] = async (steps, { viewsToo = true } = {}) => {
    const nextOffset = await under.publish({ steps });
    backlog.push(...steps);
    if (!viewsToo) return;
    const late = backlog;
    backlog = [];
    await under.views.apply({ sessions: [], steps: late, guides: [], positions: [{ ...partition.position, nextOffset }] });
  };
  try {
    await run({ ...under, url, viewer: under.token('acme', 'viewer'), emit });
  } finally {
    await under.gateway.close();
  }
}

const live = (stage: Stage, query = '', sessionId = 's1'): string => `${stage.url}/v1/live/${sessionId}${query}`;

/** Steps as a page would show them: messages applied in order. */
function shown(messages: readonly Message[]): readonly string[] {
  const steps = new Map<string, { readonly title: string; readonly order: number }>();
  for (const message of messages) {
    if (message['type'] === 'snapshot') steps.clear();
    const list = message['steps'];
    if (!Array.isArray(list)) continue;
    for (const step of list) {
      if (step.state === 'removed') steps.delete(step.stepId);
      else steps.set(step.stepId, { title: step.title, order: step.order });
    }
  }
  return [...steps.values()].sort((a, b) => a.order - b.order).map(({ title }) => title);
}

const holds =
  (stepId: string) =>
  (message: Message): boolean =>
    Array.isArray(message['steps']) && message['steps'].some((step) => step.stepId === stepId);

test('two watchers, one late, see the same steps', async () => {
  await onStage(async (stage) => {
    const early = await connectLive(live(stage), { token: stage.viewer });
    await early.next(({ type }) => type === 'snapshot');
    await stage.emit([stepRow('s1', 'p1', 1), stepRow('s1', 'p2', 2)]);
    await stage.emit([stepRow('s1', 'p1', 3, { title: 'Click Save' })], { viewsToo: false });
    await early.next(holds('p2'));
    const late = await connectLive(live(stage), { token: stage.viewer });
    await late.next(({ type }) => type === 'snapshot');
    await stage.emit([stepRow('s1', 'p3', 4), stepRow('s1', 'p2', 5, { state: 'removed' })]);
    await Promise.all([early.next(holds('p3')), late.next(holds('p3'))]);
    assert.deepEqual(shown(early.messages), ['Click Save', 'Click p3 (4)']);
    assert.deepEqual(shown(late.messages), shown(early.messages));
  });
});

test('steps of other sessions and tenants stay out, and an unknown session is 4404', async () => {
  await onStage(async (stage) => {
    const watcher = await connectLive(live(stage), { token: stage.viewer });
    await watcher.next(({ type }) => type === 'snapshot');
    await stage.publish({ steps: [stepRow('s2', 'x1', 1), stepRow('s1', 'y1', 1, { tenantId: 'other' })] });
    await stage.emit([stepRow('s1', 'p1', 1)]);
    await watcher.next(holds('p1'));
    assert.deepEqual(shown(watcher.messages), ['Click p1 (1)']);
    const foreign = await connectLive(live(stage), { token: stage.token('other', 'viewer') });
    assert.equal(await foreign.closed, 4404);
    const unknown = await connectLive(live(stage, '', 'nobody'), { token: stage.viewer });
    assert.equal(await unknown.closed, 4404);
    assert.equal(stage.keyring.peek('acme/nobody'), undefined, 'looking makes no key');
  });
});

test('an upgrade without key, with a role that may not read, or from a foreign page is refused', async () => {
  await onStage(async (stage) => {
    await assert.rejects(connectLive(live(stage)), /401/);
    await assert.rejects(connectLive(live(stage), { token: stage.token('acme', 'agent') }), /403/);
    const cookie = `stepwright_0=${stage.viewer}`;
    await assert.rejects(connectLive(live(stage), { headers: { cookie, origin: 'https://evil.example' } }), /403/);
    await assert.rejects(connectLive(live(stage), { token: stage.viewer, headers: { host: 'evil.example' } }), /421/);
    await assert.rejects(connectLive(live(stage, '?offset=abc'), { token: stage.viewer }), /400/);
    const own = await connectLive(live(stage), { headers: { cookie, origin: stage.url } });
    own.drop();
    const byProtocol = await connectLive(live(stage), { protocols: ['stepwright.v1', `bearer.${stage.viewer}`] });
    byProtocol.drop();
  });
});

test('a position of another history, from beyond the end or from before the log is answered with recovered: false and a snapshot', async () => {
  await onStage(async (stage) => {
    await stage.emit([stepRow('s1', 'p1', 1)]);
    const first = await connectLive(live(stage), { token: stage.viewer });
    const { epoch } = await first.next(({ type }) => type === 'snapshot');
    for (const query of ['?epoch=other.0&offset=0', `?epoch=${String(epoch)}&offset=999999`]) {
      const again = await connectLive(live(stage, query), { token: stage.viewer });
      const message = await again.next(({ type }) => type !== 'waiting');
      assert.equal(message['type'], 'snapshot');
      assert.equal(message['recovered'], false);
      assert.deepEqual(shown(again.messages), ['Click p1 (1)']);
    }
  });
});

test('a deletion says gone with another epoch and closes with 4410; coming back hears it again', async () => {
  await onStage(async (stage) => {
    await stage.emit([stepRow('s1', 'p1', 1)]);
    const watcher = await connectLive(live(stage), { token: stage.viewer });
    const { epoch, offset } = await watcher.next(({ type }) => type === 'snapshot');
    const headers = { authorization: `Bearer ${stage.token('acme', 'editor')}` };
    const deleted = await fetch(`${stage.url}/v1/sessions/s1`, { method: 'DELETE', headers });
    assert.equal(deleted.status, 200);
    const gone = await watcher.next(({ type }) => type === 'gone');
    assert.notEqual(gone['epoch'], epoch);
    assert.equal(await watcher.closed, 4410);
    const back = await connectLive(live(stage, `?epoch=${String(epoch)}&offset=${String(offset)}`), { token: stage.viewer });
    assert.equal(await back.closed, 4410);
    assert.deepEqual(
      back.messages.map(({ type }) => type),
      ['gone'],
    );
  });
});

test('a recording that was opened but has no row yet waits, then begins', async () => {
  await onStage(async (stage) => {
    const headers = { authorization: `Bearer ${stage.token('acme', 'agent')}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ sessionId: 'fresh', deviceId: 'd1', atMs: 1, agent: { name: 't', version: '1' } });
    assert.equal((await fetch(`${stage.url}/v1/sessions`, { method: 'POST', headers, body })).status, 201);
    const watcher = await connectLive(live(stage, '', 'fresh'), { token: stage.viewer });
    await watcher.next(({ type }) => type === 'waiting');
    const step = stepRow('fresh', 'p1', 1);
    await stage.publish({ steps: [step] });
    await stage.views.apply({ sessions: [sessionRow('fresh', 1)], steps: [], guides: [], positions: [] });
    await watcher.next(holds('p1'));
    assert.deepEqual(shown(watcher.messages), ['Click p1 (1)']);
  });
});

test('a watcher that does not read is cut off with the code that means reload, and others are not slowed', async () => {
  await onStage(
    async (stage) => {
      const slow = await connectLive(live(stage), { token: stage.viewer });
      const quick = await connectLive(live(stage), { token: stage.viewer });
      await Promise.all([slow, quick].map((client) => client.next(({ type }) => type === 'snapshot')));
      slow.pauseReading();
      for (let ordinal = 1; ordinal <= 400; ordinal += 1) {
        await stage.publish({ steps: [stepRow('s1', `p${ordinal}`, ordinal, { description: 'x'.repeat(50_000) })] });
        if (ordinal % 5 === 0) await quick.next(holds(`p${ordinal}`));
      }
      await quick.next(holds('p400'));
      slow.resumeReading();
      assert.equal(await slow.closed, 4001);
      assert.equal(shown(quick.messages).length, 400);
    },
    { liveLimits: { maxBufferedBytes: 64 * 1024, maxPendingSteps: 20 } },
  );
});

/** mulberry32: a run is repeated by its seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A watcher that comes back with its position each time, as the page does. */
class Wanderer {
  readonly #stage: Stage;
  readonly received: Message[] = [];
  #client: LiveClient | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async comeBack(): Promise<void> {
    const position = this.received.findLast(({ offset }) => offset !== undefined);
    const epoch = this.received.findLast((message) => message['epoch'] !== undefined)?.['epoch'];
    const query = position === undefined ? '' : `?epoch=${String(epoch)}&offset=${String(position['offset'])}`;
    this.#client = await connectLive(live(this.#stage, query), { token: this.#stage.viewer });
    await this.#client.next(({ type }) => type === 'snapshot' || type === 'resumed');
  }

  leave(): void {
    this.#client?.drop();
    this.received.push(...(this.#client?.messages ?? []));
    this.#client = undefined;
  }

  get isHere(): boolean {
    return this.#client !== undefined;
  }
}

test('whoever drops and comes back at any moment misses nothing and gets nothing twice', async () => {
  for (const maxRecords of [1_000, 3]) {
    const seed = 20_261_122 + maxRecords;
    const random = randomOf(seed);
    await onStage(async (stage) => {
      const wanderers = Array.from({ length: 4 }, () => new Wanderer(stage));
      for (let ordinal = 1; ordinal <= 120; ordinal += 1) {
        for (const wanderer of wanderers) {
          if (random() < 0.15) await (wanderer.isHere ? wanderer.leave() : wanderer.comeBack());
        }
        const stepId = `p${Math.ceil(random() * 15)}`;
        await stage.emit([stepRow('s1', stepId, ordinal)], { viewsToo: random() < 0.5 });
        if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
      }
      await stage.emit([stepRow('s1', 'p99', 121)]);
      const reference = await connectLive(live(stage), { token: stage.viewer });
      await reference.next(holds('p99'));
      for (const wanderer of wanderers) {
        if (!wanderer.isHere) await wanderer.comeBack();
        await stage.emit([]);
        wanderer.leave();
        await wanderer.comeBack();
        wanderer.leave();
        assert.deepEqual(shown(wanderer.received), shown(reference.messages), `seed ${seed}`);
        assertNoDouble(wanderer.received, seed);
      }
      reference.drop();
    }, {});
  }
});

/** Within one history each revision of a step comes once; offsets never go back. */
function assertNoDouble(messages: readonly Message[], seed: number): void {
  let seen = new Set<string>();
  let last = -1n;
  for (const message of messages) {
    if (message['type'] === 'snapshot') seen = new Set();
    for (const step of Array.isArray(message['steps']) ? message['steps'] : []) {
      const name = `${step.stepId}@${step.revision.ordinal}`;
      assert.equal(seen.has(name), false, `${name} came twice, seed ${seed}`);
      seen.add(name);
    }
    const offset = BigInt(String(message['offset']));
    assert.ok(offset >= last, `offset went back, seed ${seed}`);
    last = offset;
  }
}
