import { readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Role } from './principal.ts';
import { isIdentifier, roles } from './principal.ts';

/** What is kept of a key. */
export interface KeyRecord {
  readonly keyId: string;
  readonly tenantId: string;
  readonly role: Role;
  readonly operator: boolean;
  readonly label: string;
  readonly secretSha256: string;
  readonly createdAtMs: number;
}

/**
 * The JSON file behind a key store; one that is absent holds no keys. Format, oldest first: 1 `{version, keys: KeyRecord[]}`.
 *
 * Another process (`stepwright keys`) or a person may change it at any time. What cannot be read as a whole changes nothing: the keys of before
 * stand, and `problem` says so until the file is whole again.
 */
export class KeyFile {
  readonly #path: string;
  readonly #onBroken: (problem: string) => void;
  #standing: string | undefined;
  #problem: string | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** `onBroken` is called once for each broken version of the file. */
  constructor(path: string, onBroken: (problem: string) => void) {
    this.#path = path;
    this.#onBroken = onBroken;
  }

  /** Why the file as it stands is not followed. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** @throws {CONFIG_INVALID} when the file cannot be read or is not of the format. */
  load(): readonly KeyRecord[] {
    this.#standing = this.#stamp();
    const found = this.#read();
    if (typeof found !== 'string') return found;
    throw new StepwrightError('CONFIG_INVALID', `${found}; restore it or remove it`);
  }

  /** The keys, when the file has changed and can be read; one look at a file's times costs microseconds. */
  changed(): readonly KeyRecord[] | undefined {
    const stamp = this.#stamp();
    if (stamp === this.#standing) return undefined;
    this.#standing = stamp;
    const found = this.#read();
    this.#problem = typeof found === 'string' ? found : undefined;
    if (typeof found !== 'string') return found;
    this.#onBroken(found);
    return undefined;
  }

  /** Durable when it resolves. One write at a time: two renames in flight could leave the older list in place. */
  save(keys: () => readonly KeyRecord[]): Promise<void> {
    const next = this.#saving.then(async () => {
      await store(this.#path, keys());
      this.#standing = this.#stamp();
    });
    this.#saving = next.catch(() => {});
    return next;
  }

  /** Changes when the file does; `undefined` when there is none. */
  #stamp(): string | undefined {
    try {
      const found = statSync(this.#path, { throwIfNoEntry: false, bigint: true });
      return found === undefined ? undefined : `${found.ino} ${found.mtimeNs} ${found.ctimeNs} ${found.size}`;
    } catch (error) {
      return codeOf(error);
    }
  }

  /** The keys, or what is wrong, in words that quote nothing. */
  #read(): readonly KeyRecord[] | string {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? [] : `the key file cannot be read (${codeOf(error)})`;
    }
    return parse(text) ?? 'the key file must hold {"version":1,"keys":[…]} with complete keys';
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function parse(text: string): readonly KeyRecord[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('version' in parsed) || parsed.version !== 1) return undefined;
  if (!('keys' in parsed) || !Array.isArray(parsed.keys)) return undefined;
  const keys: readonly unknown[] = parsed.keys;
  return keys.every(isKeyRecord) ? keys : undefined;
}

function isKeyRecord(value: unknown): value is KeyRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof KeyRecord, unknown>> = value;
  return (
    typeof fields.keyId === 'string' &&
    typeof fields.tenantId === 'string' &&
    isIdentifier(fields.tenantId) &&
    roles.some((role) => role === fields.role) &&
    typeof fields.operator === 'boolean' &&
    typeof fields.label === 'string' &&
    typeof fields.secretSha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(fields.secretSha256) &&
    typeof fields.createdAtMs === 'number'
  );
}

/** Beside the file, synced, then renamed over it, then the name is synced: a crash leaves the old list or, once this resolved, the new one. */
async function store(file: string, keys: readonly KeyRecord[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const beside = `${file}.new`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, keys }, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
