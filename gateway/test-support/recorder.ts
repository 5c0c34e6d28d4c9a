import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Answer } from './call-route.ts';
import type { IngestUnderTest } from './ingest-under-test.ts';

export const device = { 'stepwright-device': 'laptop-1' };

/** A PNG by its header; nothing decodes it. */
export const png: Buffer = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d4948445200000010000000100802000000', 'hex'),
  Buffer.alloc(40, 7),
]);
export const pngSha256: string = createHash('sha256').update(png).digest('hex');

/** An agent of tenant `acme` with one open session. */
export interface Recorder {
  readonly ingest: IngestUnderTest;
  readonly token: string;
  post(path: string, json: unknown, headers?: Record<string, string>): Promise<Answer>;
  send(firstSeq: number, events: readonly object[]): Promise<Answer>;
  put(sha256: string, body: Buffer, headers?: Record<string, string>): Promise<Answer>;
}

export function openBody(sessionId: string, deviceId = 'laptop-1', atMs = 1_760_000_000_000): object {
  return { sessionId, deviceId, atMs, agent: { name: 'test', version: '1' } };
}

/** Opens the session, or finds it again. */
export async function record(ingest: IngestUnderTest, sessionId = 's1'): Promise<Recorder> {
  const token = ingest.token('acme', 'agent');
  const post: Recorder['post'] = (path, json, headers = device) => ingest.call({ method: 'POST', path, token, json, headers });
  const opened = await post('/v1/sessions', openBody(sessionId));
  assert.ok([200, 201].includes(opened.status), JSON.stringify(opened.json));
  return {
    ingest,
    token,
    post,
    send: (firstSeq, events) => post(`/v1/sessions/${sessionId}/events`, { firstSeq, events }),
    put: (sha256, body, headers = {}) =>
      ingest.call({
        method: 'PUT',
        path: `/v1/sessions/${sessionId}/screenshots/${sha256}`,
        token,
        body,
        headers: { ...device, ...headers },
      }),
  };
}

export function clicks(count: number, atMs = 1_760_000_000_000): object[] {
  return Array.from({ length: count }, (_, index) => ({ atMs: atMs + index, kind: 'click', target: { role: 'button', name: 'Save' } }));
}

/** A member of the answer's JSON. */
export function field(answer: Answer, name: string): unknown {
  return typeof answer.json === 'object' && answer.json !== null ? Reflect.get(answer.json, name) : undefined;
}

/** `error.code` of the answer. */
export function codeOf(answer: Answer): unknown {
  const error = field(answer, 'error');
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
}
