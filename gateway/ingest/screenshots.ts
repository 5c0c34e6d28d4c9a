import { createHash } from 'node:crypto';
import type { Clock } from '../../topology/base/clock.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { refuse } from '../http/refusal.ts';
import type { Refusal } from '../http/refusal.ts';
import { readImageHeader } from './image-header.ts';
import type { ImageHeader } from './image-header.ts';
import type { IngestLimits } from './limits.ts';

/** How many pictures are known to be stored without asking the store, and for how long: an original may expire or be deleted by others. */
const rememberedCount = 50_000;
const rememberedMs = 600_000;

/** Screenshots in quarantine: checked before they are kept, never decoded, sealed by the store that is handed in. */
export class Screenshots {
  readonly #quarantine: ObjectStore;
  readonly #limits: IngestLimits;
  readonly #clock: Clock;
  /** When the store last said so. */
  readonly #storedAtMs = new Map<string, number>();

  constructor(quarantine: ObjectStore, limits: IngestLimits, clock: Clock) {
    this.#quarantine = quarantine;
    this.#limits = limits;
    this.#clock = clock;
  }

  async has(scope: string, sha256: string): Promise<boolean> {
    const key = keyOf(scope, sha256);
    const storedAtMs = this.#storedAtMs.get(key);
    if (storedAtMs !== undefined && this.#clock.monotonicMs() - storedAtMs < rememberedMs) return true;
    this.#storedAtMs.delete(key);
    if ((await this.#quarantine.head(key)) === undefined) return false;
    this.#remember(key);
    return true;
  }

  /** Durable when it resolves. A picture that is there already stays as it is. @throws {SEAL_KEY_GONE | OBJECT_STORE_FULL} */
  async put(scope: string, sha256: string, body: Buffer): Promise<ImageHeader | Refusal> {
    if (createHash('sha256').update(body).digest('hex') !== sha256) {
      return refuse('SCREENSHOT_DIGEST_MISMATCH', 'the SHA-256 of the bytes is not the one in the path');
    }
    const header = readImageHeader(body);
    if (header === undefined) return refuse('SCREENSHOT_NOT_AN_IMAGE', 'the bytes are no PNG, JPEG or WebP');
    const { maxScreenshotPixels } = this.#limits;
    if (header.width * header.height > maxScreenshotPixels) {
      const size = `${header.width} × ${header.height}`;
      return refuse('SCREENSHOT_TOO_MANY_PIXELS', `the picture says it is ${size}; at most ${maxScreenshotPixels} pixels are taken`, {
        facts: { maxScreenshotPixels },
      });
    }
    const key = keyOf(scope, sha256);
    await this.#quarantine.put(key, body, { contentType: header.mediaType, ifAbsent: true });
    this.#remember(key);
    return header;
  }

  /** The session was deleted: nothing of it is known to be stored. */
  forget(scope: string): void {
    for (const key of this.#storedAtMs.keys()) if (key.startsWith(keyOf(scope, ''))) this.#storedAtMs.delete(key);
  }

  #remember(key: string): void {
    this.#storedAtMs.set(key, this.#clock.monotonicMs());
    const oldest = this.#storedAtMs.keys().next();
    if (this.#storedAtMs.size > rememberedCount && oldest.done !== true) this.#storedAtMs.delete(oldest.value);
  }
}

function keyOf(scope: string, sha256: string): string {
  return `quarantine/${scope}/${sha256}`;
}
