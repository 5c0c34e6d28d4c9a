import { readFileSync, statSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StepwrightError } from '../../topology/base/errors.ts';
import { mintApiKey, parseApiKey, sameDigest } from './api-key.ts';
import type { Principal, Role } from './principal.ts';
import { identifierShape, isIdentifier, roles } from './principal.ts';

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

export interface KeyStore {
  /** The principal of a key's text, in constant time in the secret; `undefined` when there is none. */
  verify(text: string): Principal | undefined;
  /** Durable when it resolves; `text` is shown once. @throws {CONFIG_INVALID} when the tenant id has the wrong shape. */
  add(key: Omit<KeyRecord, 'keyId' | 'secretSha256'>): Promise<{ readonly keyId: string; readonly text: string }>;
  /** Answers false when there was none. */
  revoke(keyId: string): Promise<boolean>;
  list(): readonly KeyRecord[];
}

export interface KeyStoreOptions {
  readonly randomBytes: (count: number) => Buffer;
  /** JSON file, created when absent, mode 0600. Without one, keys live in memory. */
  readonly file?: string;
}

/**
 * File format, oldest first: 1 `{version, keys: KeyRecord[]}`.
 * @throws {CONFIG_INVALID} when the file is not of this format.
 */
export async function openKeyStore(options: KeyStoreOptions): Promise<KeyStore> {
  const records = new Map<string, KeyRecord>();
  const replace = (all: readonly KeyRecord[]): void => {
    records.clear();
    for (const record of all) records.set(record.keyId, record);
  };
  if (options.file !== undefined) replace(await load(options.file));
  let standing = stampOf(options.file);
  // `stepwright keys` is another process: a key that it revoked must not open anything a request later. One look at a file's times costs microseconds.
  const refresh = (): void => {
    const stamp = stampOf(options.file);
    if (options.file === undefined || stamp === standing) return;
    standing = stamp;
    const keys = stamp === undefined ? [] : parseFile(readFileSync(options.file, 'utf8'));
    if (keys !== undefined) replace(keys);
  };
  let saving = Promise.resolve();
  const save = (): Promise<void> => {
    const { file } = options;
    if (file === undefined) return Promise.resolve();
    // One write at a time: two renames in flight could leave the older list in place.
    const next = saving.then(async () => {
      await store(file, [...records.values()]);
      standing = stampOf(file);
    });
    saving = next.catch(() => {});
    return next;
  };
  return {
    verify: (text) => {
      refresh();
      return verify(records, text);
    },
    async add(key) {
      if (!isIdentifier(key.tenantId)) {
        throw new StepwrightError('CONFIG_INVALID', `tenantId must be ${identifierShape}`);
      }
      const { keyId, secretSha256, text } = mintApiKey(options.randomBytes);
      records.set(keyId, { ...key, keyId, secretSha256: secretSha256.toString('hex') });
      await save();
      return { keyId, text };
    },
    async revoke(keyId) {
      const found = records.delete(keyId);
      if (found) await save();
      return found;
    },
    list: () => [...records.values()],
  };
}

/** Changes when the file does; `undefined` when there is none. */
function stampOf(file: string | undefined): string | undefined {
  const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? undefined : `${found.ino} ${found.mtimeNs} ${found.size}`;
}

function verify(records: ReadonlyMap<string, KeyRecord>, text: string): Principal | undefined {
  const parsed = parseApiKey(text);
  if (parsed === undefined) return undefined;
  const record = records.get(parsed.keyId);
  if (record === undefined || !sameDigest(Buffer.from(record.secretSha256, 'hex'), parsed.secretSha256)) return undefined;
  return { tenantId: record.tenantId, role: record.role, keyId: record.keyId, operator: record.operator };
}

async function load(file: string): Promise<readonly KeyRecord[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw new StepwrightError('CONFIG_INVALID', 'the key file cannot be read', { cause });
  }
  const keys = parseFile(text);
  if (keys === undefined) {
    throw new StepwrightError(
      'CONFIG_INVALID',
      'the key file must hold {"version":1,"keys":[…]} with complete keys; restore it or remove it',
    );
  }
  return keys;
}

function parseFile(text: string): readonly KeyRecord[] | undefined {
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
