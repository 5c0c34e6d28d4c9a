import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { hostileValue, mutate } from './hostile-values.ts';
import type { FuzzRandom } from './random.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const sessionCount = 40;
const pngHead = Buffer.from('89504e470d0a1a0a0000000d4948445200000010000000100802000000', 'hex');
const kinds = [
  'click',
  'input',
  'change',
  'key.down',
  'focus',
  'navigation',
  'screenshot',
  'tab',
  'drag',
  'marker',
  'session.finished',
  'edit',
  'x.y',
] as const;

/**
 * One request to ingest: a good one, most often bent somewhere. `token` is valid; most requests carry it. Each round has sessions of its own,
 * because those of a round before end up finished.
 */
export function fuzzRequest(random: FuzzRandom, token: string, round: number): FuzzRequest {
  const { method, path, json, bytes } = base(random, round);
  const wanted = json === undefined ? undefined : random.chance(0.8) ? mutate(random, json) : json;
  const plain = bytes ?? Buffer.from(JSON.stringify(wanted) ?? '');
  const headers: Record<string, string> = {
    'stepwright-device': random.chance(0.95) ? 'fuzz-1' : 'fuzz/../2',
    'content-type': 'application/json',
  };
  if (random.chance(0.97)) headers['authorization'] = `Bearer ${token}`;
  bendHeaders(random, headers);
  return {
    method: random.chance(0.03) ? random.pick(['GET', 'DELETE', 'PATCH', 'PUT']) : method,
    path: bendPath(random, path),
    headers,
    body: bendBody(random, plain, headers),
  };
}

interface Base {
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
  readonly bytes?: Buffer;
}

function base(random: FuzzRandom, round: number): Base {
  const sessionId = `f${round}-${random.below(sessionCount)}`;
  const session = `/v1/sessions/${sessionId}`;
  const choice = random.next();
  if (choice < 0.2)
    return {
      method: 'POST',
      path: '/v1/sessions',
      json: { sessionId, deviceId: 'fuzz-1', atMs: 1_760_000_000_000, title: 'T', agent: { name: 'f', version: '1' } },
    };
  if (choice < 0.7)
    return {
      method: 'POST',
      path: `${session}/events`,
      json: { firstSeq: 1 + random.below(5), events: Array.from({ length: random.below(6) }, () => event(random)) },
    };
  if (choice < 0.85) return picture(random, session);
  if (choice < 0.92) return { method: 'GET', path: `${session}/ack` };
  return {
    method: 'POST',
    path: `${session}/${random.pick(['pause', 'resume', 'finish'])}`,
    json: { lastSeq: random.below(10), abandon: random.chance(0.3) },
  };
}

function event(random: FuzzRandom): unknown {
  const target = {
    role: 'textbox',
    name: 'Name',
    ref: `e${random.below(4)}`,
    protected: random.chance(0.2),
    rect: { x: 1, y: 2, width: 3, height: 4 },
  };
  return {
    atMs: 1_760_000_000_000 + random.below(10_000),
    kind: random.pick(kinds),
    page: { url: 'https://shop.example/cart?x=1', title: 'Cart' },
    target,
    input: { valueClass: 'text', text: 'hello' },
    key: { key: 'Enter' },
    pointer: { x: 1, y: 1, button: 'left' },
    navigation: { url: 'https://shop.example/', cause: 'link' },
    screenshot: {
      ofSeq: 1,
      phase: 'before',
      sha256: 'ab'.repeat(32),
      sizeBytes: 9,
      mediaType: 'image/png',
      width: 1,
      height: 1,
      scale: 1,
      masks: [],
    },
  };
}

function picture(random: FuzzRandom, session: string): Base {
  const head = Buffer.from(pngHead);
  if (random.chance(0.5)) head.writeUInt32BE(random.below(2 ** 31), 16 + 4 * random.below(2));
  const bytes = random.chance(0.3) ? random.bytes(random.below(300)) : Buffer.concat([head, Buffer.alloc(40, random.below(3))]);
  const sha256 = random.chance(0.8) ? createHash('sha256').update(bytes).digest('hex') : String(hostileValue(random, 3)).slice(0, 100);
  return { method: 'PUT', path: `${session}/screenshots/${encodeURIComponent(Buffer.from(sha256).toString())}`, bytes };
}

function bendPath(random: FuzzRandom, path: string): string {
  if (!random.chance(0.04)) return path;
  return random.pick([
    `${path}/`,
    `/${path}`,
    `${path}%`,
    `${path}%00`,
    path.toUpperCase(),
    `${path}?a=%E0%A4%A`,
    path.replace('/v1', ''),
    `${path}/${'a'.repeat(2_000)}`,
  ]);
}

function bendHeaders(random: FuzzRandom, headers: Record<string, string>): void {
  if (random.chance(0.03)) headers['content-type'] = random.pick(['text/plain', 'application/json; charset=latin1', '', ';;;']);
  if (random.chance(0.02))
    headers['authorization'] = random.pick(['Bearer', 'Basic eDp5', `Bearer ${'a'.repeat(3_000)}`, 'Bearer sw_00000000_x']);
  if (random.chance(0.02)) headers['origin'] = random.pick(['null', 'https://evil.example', 'file://']);
  if (random.chance(0.02)) headers['x-request-id'] = random.pick(['a', 'x'.repeat(100), '<b>']);
  if (random.chance(0.01)) headers['host'] = 'evil.example';
  if (random.chance(0.01)) headers['x-long'] = 'y'.repeat(20_000);
}

function bendBody(random: FuzzRandom, plain: Buffer, headers: Record<string, string>): Buffer {
  const choice = random.next();
  if (choice < 0.1) return plain.subarray(0, random.below(plain.length + 1));
  if (choice < 0.15) return Buffer.concat([plain.subarray(0, random.below(plain.length + 1)), random.bytes(8)]);
  if (choice < 0.25) {
    headers['content-encoding'] = random.pick(['gzip', 'gzip', 'gzip', 'br', 'GZIP', 'x']);
    const packed = gzipSync(plain);
    return random.chance(0.3) ? packed.subarray(0, random.below(packed.length)) : packed;
  }
  if (choice < 0.253) {
    headers['content-encoding'] = 'gzip';
    return bomb;
  }
  return plain;
}

/** 40 MB of zeros in 40 KB. */
const bomb: Buffer = gzipSync(Buffer.alloc(40 * 1024 * 1024));
