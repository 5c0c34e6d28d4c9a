import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { Clock } from '../../../topology/base/clock.ts';
import type { Keyring } from '../../ports/keyring.ts';
import { keyGone } from '../../ports/memory-keyring.ts';
import { nameKeyOf } from '../../ports/name-key.ts';
import { createOnce, readIfThere, syncDirectory, zeroFile } from './durable-file.ts';
import { HotKeys } from './hot-keys.ts';
import { dataKeyBytes, tombstone, unwrapKey, wrapKey } from './wrapped-key.ts';

/** Where a process may die while a key is made or destroyed; tests kill it there. */
export type KeyringCrashPoint = 'mint.before-link' | 'mint.linked' | 'destroy.before-zero' | 'destroy.zeroed';

export interface FileKeyringOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Keys kept unwrapped in memory. Default 10,000 (about 2 MB). */
  readonly hotKeyCount?: number;
  readonly crashPoint?: (point: KeyringCrashPoint) => void;
}

const defaultHotKeyCount = 10_000;
/** A key that another process destroyed is used no longer than this. */
const recheckMs = 1000;
/** A temporary file this old belongs to a process that died. */
const abandonedAfterMs = 3_600_000;

/**
 * Keyring in a folder. Owns `tenants/` (one master key a tenant, mode 0600, made on first use), `sessions/` (one small file a session) and `tmp/`.
 * One file a session, not a log: minting is one hard link that only one process can win, without a lock; destroying zeroes that file in place, so the
 * wrapped key leaves the disk at once and the zeros are the tombstone; nothing is ever compacted. It costs two syncs and one block a session.
 *
 * 1. A key is durable before `keyFor` returns it: nothing is ever sealed under a key that a crash could lose.
 * 2. A name under `sessions/` is created once and never removed: a key cannot be minted twice, nor after its tombstone.
 * 3. File names are hashes of scopes: no scope can name a path.
 */
export function createFileKeyring(options: FileKeyringOptions): Keyring {
  for (const name of ['tenants', 'sessions', 'tmp']) mkdirSync(join(options.directory, name), { recursive: true, mode: 0o700 });
  removeAbandoned(join(options.directory, 'tmp'), options.clock.nowMs() - abandonedAfterMs);
  return new FileKeyring(options);
}

class FileKeyring implements Keyring {
  readonly #options: FileKeyringOptions;
  readonly #temporary: string;
  readonly #tenantKeys = new Map<string, Buffer>();
  readonly #hot: HotKeys;
  readonly #destroyedMarker: string;
  #checkedAtMs = 0;
  #destroyedBytes = 0;

  constructor(options: FileKeyringOptions) {
    this.#options = options;
    this.#temporary = join(options.directory, 'tmp');
    this.#destroyedMarker = join(options.directory, 'destroyed');
    this.#hot = new HotKeys(options.hotKeyCount ?? defaultHotKeyCount);
    this.#checkedAtMs = options.clock.monotonicMs();
    this.#destroyedBytes = sizeBytesOf(this.#destroyedMarker);
  }

  keyFor(scope: string): Buffer {
    const key = this.peek(scope) ?? this.#mint(scope);
    if (key === 'gone') throw keyGone(scope);
    return key;
  }

  peek(scope: string): Buffer | 'gone' | undefined {
    this.#dropWhenOthersDestroyed();
    return this.#hot.get(scope) ?? this.#read(scope);
  }

  async destroy(scope: string): Promise<boolean> {
    const path = this.#pathOf(scope);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const had = !this.#create(path, tombstone()) && readIfThere(path)?.[0] !== 0;
    this.#at('destroy.before-zero');
    if (had) zeroFile(path);
    this.#at('destroy.zeroed');
    appendFileSync(this.#destroyedMarker, '.');
    this.#hot.delete(scope);
    return had;
  }

  hmacKeyFor(scope: string): Buffer {
    return nameKeyOf(this.keyFor(scope));
  }

  #mint(scope: string): Buffer | 'gone' {
    const path = this.#pathOf(scope);
    if (mkdirSync(dirname(path), { recursive: true, mode: 0o700 }) !== undefined) syncDirectory(join(this.#options.directory, 'sessions'));
    this.#create(path, wrapKey(randomBytes(dataKeyBytes), this.#tenantKey(scope), scope));
    this.#at('mint.linked');
    const key = this.#read(scope);
    if (key === undefined) throw new StepwrightError('SEAL_BROKEN', `the key file of ${scope} vanished`, { context: { scope } });
    return key;
  }

  #read(scope: string): Buffer | 'gone' | undefined {
    const file = readIfThere(this.#pathOf(scope));
    if (file === undefined) return undefined;
    const key = unwrapKey(file, this.#tenantKey(scope), scope);
    if (key !== 'gone') this.#hot.set(scope, key);
    return key;
  }

  #tenantKey(scope: string): Buffer {
    const tenant = scope.slice(0, Math.max(0, scope.indexOf('/')));
    const known = this.#tenantKeys.get(tenant);
    if (known !== undefined) return known;
    const path = join(this.#options.directory, 'tenants', `${hashed(tenant)}.key`);
    if (readIfThere(path) === undefined) this.#create(path, randomBytes(dataKeyBytes));
    const key = readIfThere(path);
    if (key?.length !== dataKeyBytes)
      throw new StepwrightError('SEAL_BROKEN', `tenant key ${path} is damaged: restore it from a backup`, { context: { path } });
    this.#tenantKeys.set(tenant, key);
    return key;
  }

  #create(path: string, body: Buffer): boolean {
    try {
      return createOnce(path, body, this.#temporary, () => this.#at('mint.before-link'));
    } catch (cause) {
      const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
      if (full)
        throw new StepwrightError('STATE_DISK_FULL', 'keyring: no space left for a key; free some, then it goes on', {
          disposition: 'retry',
          cause,
        });
      throw cause;
    }
  }

  #pathOf(scope: string): string {
    const name = hashed(scope);
    return join(this.#options.directory, 'sessions', name.slice(0, 2), name);
  }

  /** `stepwright forget` may run in another process: one look at a file's size a second is enough to hear of it. */
  #dropWhenOthersDestroyed(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#checkedAtMs < recheckMs) return;
    this.#checkedAtMs = nowMs;
    const sizeBytes = sizeBytesOf(this.#destroyedMarker);
    if (sizeBytes !== this.#destroyedBytes) this.#hot.clear();
    this.#destroyedBytes = sizeBytes;
  }

  #at(point: KeyringCrashPoint): void {
    this.#options.crashPoint?.(point);
  }
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

function sizeBytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function removeAbandoned(directory: string, beforeMs: number): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const modifiedAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? beforeMs;
    // Two processes that start together may find the same leftovers.
    if (modifiedAtMs < beforeMs) rmSync(path, { force: true });
  }
}
