import { createKeepAliveClient } from '../../agent/fleet/keep-alive.ts';
import { connectLive, type LiveClient } from '../../gateway/test-support/live-client.ts';
import { preciseNowMs, receiveOrder, type WatchOrder, type WatchReport } from './child.ts';

/** Watches sessions until they are finished or the time is up, and reads one guide at a steady pace meanwhile. */
receiveOrder<WatchOrder>(async ({ baseUrl, token, sessionIds, untilMs, guideId, readsPerSec }): Promise<WatchReport> => {
  const arrivals: Record<string, number> = {};
  const pictures: Record<string, number> = {};
  const watching = sessionIds.map(async (sessionId) => {
    const client = await connected(`${baseUrl}/v1/live/${sessionId}`, token);
    const seen = new WeakSet<object>();
    await Promise.race([
      client.closed,
      client.next((message) => {
        if (seen.has(message)) return false;
        seen.add(message);
        const atMs = preciseNowMs();
        for (const { title, hasImage } of stepsOf(message)) {
          const marker = /Part [a-z]+/.exec(title)?.[0];
          if (marker === undefined) continue;
          arrivals[`${sessionId} ${marker}`] ??= atMs;
          if (hasImage) pictures[`${sessionId} ${marker}`] ??= atMs;
        }
        return preciseNowMs() > untilMs;
      }),
      new Promise((resolve) => setTimeout(resolve, untilMs - preciseNowMs())),
    ]);
    client.drop();
  });
  const reading = guideId === undefined ? Promise.resolve([]) : readGuides({ baseUrl, token, guideId, readsPerSec, untilMs });
  await Promise.all(watching);
  return { arrivals, pictures, readMs: await reading };
});

/** The fleet is still opening its sessions. */
async function connected(url: string, token: string): Promise<LiveClient> {
  for (let tries = 1; ; tries += 1) {
    try {
      const client = await connectLive(url, { token });
      // A session that is not there yet is told by the way the socket closes.
      await client.next(() => true);
      return client;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

interface SeenStep {
  readonly title: string;
  readonly hasImage: boolean;
}

function stepsOf(message: Readonly<Record<string, unknown>>): readonly SeenStep[] {
  const steps: unknown = message['steps'];
  if (!Array.isArray(steps)) return [];
  return steps.map((step: unknown) => ({
    title: String(Reflect.get(Object(step), 'title')),
    hasImage: Reflect.get(Object(step), 'image') !== undefined,
  }));
}

interface Reading {
  readonly baseUrl: string;
  readonly token: string;
  readonly guideId: string;
  readonly readsPerSec: number;
  readonly untilMs: number;
}

async function readGuides({ baseUrl, token, guideId, readsPerSec, untilMs }: Reading): Promise<readonly number[]> {
  const client = createKeepAliveClient(baseUrl, token, 4);
  const readMs: number[] = [];
  const pending: Promise<void>[] = [];
  while (preciseNowMs() < untilMs) {
    const beganAtMs = preciseNowMs();
    const read = client.send('GET', `/v1/guides/${guideId}`, undefined).then(({ status }) => {
      if (status === 200) readMs.push(preciseNowMs() - beganAtMs);
    });
    pending.push(read);
    await new Promise((resolve) => setTimeout(resolve, 1_000 / readsPerSec));
  }
  await Promise.all(pending);
  client.close();
  return readMs;
}
