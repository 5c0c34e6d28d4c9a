import { statfs } from 'node:fs/promises';
import { diskFull } from './rocks-errors.ts';

export interface SpaceGuardDeps {
  readonly directory: string;
  readonly minFreeBytes: number;
  readonly monotonicMs: () => number;
  /** Default: asks the file system. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

const checkEveryMs = 500;

/**
 * Refuses writes while little space is left, before the storage engine runs into the wall: it would then stop for good, whereas
 * a refused call succeeds as soon as there is space again. Looks at the disk at most twice a second, beside the writes.
 */
export class SpaceGuard {
  readonly #deps: SpaceGuardDeps;
  readonly #freeBytes: (directory: string) => Promise<number>;
  #checkedAtMs = -Infinity;
  #lastFreeBytes = Infinity;
  #checking: Promise<void> | undefined;

  constructor(deps: SpaceGuardDeps) {
    this.#deps = deps;
    this.#freeBytes = deps.freeBytes ?? freeBytesOf;
  }

  /** @throws {LOG_DISK_FULL} by the last look, which is renewed behind the call. */
  check(): void {
    if (this.#deps.monotonicMs() - this.#checkedAtMs >= checkEveryMs) void this.look();
    if (this.#lastFreeBytes >= this.#deps.minFreeBytes) return;
    throw diskFull(this.#deps.directory, `${this.#lastFreeBytes} bytes free, ${this.#deps.minFreeBytes} are kept in reserve`);
  }

  /** Asks the file system now. A file system that cannot tell counts as having space. */
  look(): Promise<void> {
    this.#checkedAtMs = this.#deps.monotonicMs();
    this.#checking ??= this.#freeBytes(this.#deps.directory)
      .catch(() => Infinity)
      .then((freeBytes) => {
        this.#lastFreeBytes = freeBytes;
        this.#checking = undefined;
      });
    return this.#checking;
  }
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
