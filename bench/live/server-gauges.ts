import { createKeepAliveClient } from '../../agent/fleet/keep-alive.ts';
import { percentile, rounded } from './percentile.ts';

/** What the server said of itself while it was loaded. */
export interface ServerFigures {
  /** Delay of a process's main loop, p99 of each second: the median and the worst of these. The sampling interval of 10 ms is taken off. */
  readonly loopDelayP99Ms: number;
  readonly loopDelayWorstMs: number;
  /** Pictures that waited, and how long the oldest of them had: the most that was seen. */
  readonly picturesPendingCount: number;
  readonly oldestPictureMs: number;
  /** At the end. */
  readonly picturesLeftCount: number;
}

const sampleMs = 1_000;
const samplingIntervalMs = 10;

/** Reads `/metrics` of each process once a second until `until` settles. */
export async function watchServer(baseUrls: readonly string[], token: string, until: Promise<unknown>): Promise<ServerFigures> {
  const clients = baseUrls.map((baseUrl) => createKeepAliveClient(baseUrl, token, 1));
  const loopMs: number[] = [];
  let isOver = false;
  let [most, oldest, left] = [0, 0, 0];
  const over = until.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  while (!isOver) {
    const pages = await Promise.all(clients.map((client) => client.send('GET', '/metrics', undefined)));
    const text = pages.map((page) => page.text).join('\n');
    left = sum(text, 'stepwright_async_pending_calls');
    most = Math.max(most, left);
    oldest = Math.max(oldest, ...valuesOf(text, 'stepwright_async_oldest_age_seconds'));
    loopMs.push(...valuesOf(text, 'stepwright_nodejs_eventloop_lag_p99_seconds').map((seconds) => seconds * 1_000 - samplingIntervalMs));
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, sampleMs))]);
  }
  for (const client of clients) client.close();
  return {
    loopDelayP99Ms: rounded(percentile(loopMs, 0.5)),
    loopDelayWorstMs: rounded(percentile(loopMs, 1)),
    picturesPendingCount: most,
    oldestPictureMs: Math.round(oldest * 1_000),
    picturesLeftCount: left,
  };
}

function valuesOf(page: string, name: string): readonly number[] {
  return page
    .split('\n')
    .flatMap((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`) ? [Number(line.split(' ').at(-1))] : []));
}

function sum(page: string, name: string): number {
  return valuesOf(page, name).reduce((total, value) => total + value, 0);
}
