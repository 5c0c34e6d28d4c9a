import type { FetchLike } from '../../agent/sdk/ingest-client.ts';
import { Uploader } from '../../agent/sdk/uploader.ts';

export interface ClickingUploader {
  readonly uploader: Uploader;
  /** Records a click whose step is `Click Button <index>`. */
  click(index: number): void;
}

/** An agent's upload of one session in small batches, by a fetch that finds the gateway. */
export function clickingUploader(token: string, sessionId: string, fetchBy: FetchLike): ClickingUploader {
  const agent = { name: 'test', version: '1' };
  const batching = { gatherMs: 5, maxBatchEvents: 3, timeoutMs: 8_000 };
  const uploader = new Uploader({ baseUrl: '', token, deviceId: 'test', sessionId, agent, ...batching, runtime: { fetch: fetchBy } });
  const startMs = Date.now();
  const click = (index: number): void =>
    void uploader.record({ atMs: startMs + index * 2_000, kind: 'click', target: { role: 'button', name: `Button ${index}` } });
  return { uploader, click };
}

/** The guide's steps after so many clicks. */
export function clickTitles(clickCount: number): readonly string[] {
  return Array.from({ length: clickCount }, (_, index) => `Click Button ${index}`);
}
