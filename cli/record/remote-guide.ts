import { setTimeout } from 'node:timers/promises';
import type { RecordingServer } from './record-session.ts';

export interface GuideFacts {
  readonly title: string;
  readonly stepCount: number;
}

const pollMs = 200;

/** Asks the server for a guide until it is there; `undefined` when it was not within `withinMs`, or `stopped` was aborted. */
export async function awaitRemoteGuide(
  { url, token }: RecordingServer,
  sessionId: string,
  { withinMs, stopped }: { readonly withinMs: number; readonly stopped: AbortSignal },
): Promise<GuideFacts | undefined> {
  const untilMs = Date.now() + withinMs;
  while (Date.now() < untilMs && !stopped.aborted) {
    const guide = await readGuide(`${url}/v1/guides/${encodeURIComponent(sessionId)}`, token);
    if (guide !== undefined) return guide;
    await setTimeout(pollMs);
  }
  return undefined;
}

async function readGuide(url: string, token: string): Promise<GuideFacts | undefined> {
  try {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) return undefined;
    const guide: unknown = await response.json();
    return typeof guide === 'object' && guide !== null && 'title' in guide && 'steps' in guide && Array.isArray(guide.steps)
      ? { title: String(guide.title), stepCount: guide.steps.length }
      : undefined;
  } catch {
    return undefined; // the next poll asks again
  }
}
