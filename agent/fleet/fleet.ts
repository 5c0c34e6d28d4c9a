import { batchOf } from './event-mix.ts';
import type { KeepAliveClient } from './keep-alive.ts';

export interface FleetPicture {
  readonly sha256: string;
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
}

export interface FleetOptions {
  readonly client: KeepAliveClient;
  /** Session ids are `<prefix>-0` and so on. */
  readonly prefix: string;
  readonly sessionCount: number;
  /** Between two batches of one session. Sessions are spread over it. */
  readonly batchIntervalMs: number;
  readonly durationMs: number;
  /** When the first batch is due, on the clock of `nowMs`; sessions are opened before. */
  readonly startAtMs: number;
  /** Milliseconds since the Unix epoch, with fractions; the same clock in all processes of the machine. */
  readonly nowMs: () => number;
  readonly pictures: readonly FleetPicture[];
  /** Every so many clicks of a session have a picture; 0: none. */
  readonly pictureEvery: number;
}

export interface FleetAck {
  readonly sessionId: string;
  readonly marker: string | undefined;
  /** The step of this batch has a picture. */
  readonly isPictured: boolean;
  /** Events in the batch. */
  readonly eventCount: number;
  readonly sentAtMs: number;
  readonly ackedAtMs: number;
}

export interface FleetReport {
  readonly acks: readonly FleetAck[];
  /** Answers other than 200, by status and code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Batches that could not be sent in their turn because the one before had no answer yet: the fleet would have fallen behind. */
  readonly lateCount: number;
}

const json = { 'content-type': 'application/json' };

/** Sessions that record side by side at a fixed pace, whatever the server answers (open loop): a slow server does not slow its load. */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const acks: FleetAck[] = [];
  const refusals: Record<string, number> = {};
  let lateCount = 0;
  const refused = (status: number, text: string): void => {
    const reason = `${status} ${/"code":"([A-Z_]+)"/.exec(text)?.[1] ?? ''}`;
    refusals[reason] = (refusals[reason] ?? 0) + 1;
  };
  const one = async (index: number): Promise<void> => {
    const session = new FleetSession(options, index);
    await session.open();
    const { nowMs, batchIntervalMs, durationMs, sessionCount } = options;
    const startAtMs = options.startAtMs + (index / sessionCount) * batchIntervalMs;
    for (let number = 0; ; number += 1) {
      const dueAtMs = startAtMs + number * batchIntervalMs;
      if (dueAtMs > startAtMs + durationMs) break;
      const waitMs = dueAtMs - nowMs();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      else if (waitMs < -batchIntervalMs) lateCount += 1;
      const ack = await session.send(number, refused);
      if (ack !== undefined) acks.push(ack);
    }
    await session.finish();
  };
  await Promise.all(Array.from({ length: options.sessionCount }, (_, index) => one(index)));
  return { acks, refusals, lateCount };
}

class FleetSession {
  readonly #options: FleetOptions;
  readonly #index: number;
  readonly #id: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #stored = new Set<string>();
  #nextSeq = 1;

  constructor(options: FleetOptions, index: number) {
    this.#options = options;
    this.#index = index;
    this.#id = `${options.prefix}-${index}`;
    this.#headers = { ...json, 'stepwright-device': this.#id };
  }

  async open(): Promise<void> {
    const { client, nowMs } = this.#options;
    const body = {
      sessionId: this.#id,
      deviceId: this.#id,
      atMs: Math.round(nowMs()),
      title: 'Fleet',
      agent: { name: 'fleet', version: '1' },
    };
    await client.send('POST', '/v1/sessions', Buffer.from(JSON.stringify(body)), this.#headers);
  }

  async send(number: number, refused: (status: number, text: string) => void): Promise<FleetAck | undefined> {
    const { client, nowMs } = this.#options;
    const { events, marker } = batchOf(number, Math.round(nowMs()));
    const shot = marker === undefined ? undefined : await this.#picture(number / 2);
    const all = shot === undefined ? events : [...events, { atMs: Math.round(nowMs()), kind: 'screenshot', screenshot: shot }];
    const body = Buffer.from(JSON.stringify({ firstSeq: this.#nextSeq, events: all }));
    const sentAtMs = nowMs();
    const { status, text } = await client.send('POST', `/v1/sessions/${this.#id}/events`, body, this.#headers);
    const ackedAtMs = nowMs();
    if (status !== 200) {
      refused(status, text);
      return undefined;
    }
    this.#nextSeq += all.length;
    return { sessionId: this.#id, marker, isPictured: shot !== undefined, eventCount: all.length, sentAtMs, ackedAtMs };
  }

  async finish(): Promise<void> {
    const body = Buffer.from(JSON.stringify({ lastSeq: this.#nextSeq - 1 }));
    await this.#options.client.send('POST', `/v1/sessions/${this.#id}/finish`, body, this.#headers);
  }

  /** The picture that the click of this batch shows, uploaded first. */
  async #picture(clickNumber: number): Promise<object | undefined> {
    const { client, pictures, pictureEvery } = this.#options;
    // Each session at its own time: people do not take pictures in step.
    const turn = clickNumber + this.#index;
    const picture = pictures[Math.floor(turn / Math.max(1, pictureEvery)) % Math.max(1, pictures.length)];
    if (picture === undefined || pictureEvery === 0 || turn % pictureEvery !== 0) return undefined;
    const { sha256, png, width, height } = picture;
    const headers = { ...this.#headers, 'content-type': 'application/octet-stream' };
    if (!this.#stored.has(sha256)) await client.send('PUT', `/v1/sessions/${this.#id}/screenshots/${sha256}`, png, headers);
    this.#stored.add(sha256);
    const ofSeq = this.#nextSeq + 1;
    return { ofSeq, phase: 'before', sha256, sizeBytes: png.length, mediaType: 'image/png', width, height, scale: 1, masks: [] };
  }
}
