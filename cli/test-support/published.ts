import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** What a reader of one session gets. */
export interface Published {
  /** The guide as the read API has it, and its documents as JSON, page and Markdown. */
  readonly documents: readonly string[];
  /** `key sha-256` of every picture that the guide names, in its order. */
  readonly pictures: readonly string[];
  readonly steps: unknown;
}

/** Waits for the finished guide and all its documents, then takes everything. */
export async function readPublished(url: string, token: string, sessionId: string): Promise<Published> {
  const get = (path: string): Promise<Response> => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const until = async (path: string): Promise<string> => {
    for (let answer = await get(path); ; answer = await get(path)) {
      if (answer.status === 200) return answer.text();
      await answer.arrayBuffer();
      await delay(50);
    }
  };
  const documents: string[] = [];
  for (const format of ['', '?format=json', '?format=html', '?format=md']) documents.push(await until(`/v1/guides/${sessionId}${format}`));
  const keys = new Set(documents.join('\n').match(/images\/acme\/[A-Za-z0-9._/-]+/g));
  const pictures: string[] = [];
  for (const key of keys) {
    const answer = await get(`/v1/${key}`);
    assert.equal(answer.status, 200, key);
    const body = Buffer.from(await answer.arrayBuffer());
    pictures.push(`${key} ${createHash('sha256').update(body).digest('hex')}`);
  }
  const live: unknown = JSON.parse(await until(`/v1/sessions/${sessionId}/steps`));
  return { documents, pictures, steps: Reflect.get(Object(live), 'steps') };
}
