import { StepwrightError } from '../../topology/base/errors.ts';
import { mintApiKey, parseApiKey, sameDigest } from './api-key.ts';
import { KeyFile } from './key-file.ts';
import type { KeyRecord } from './key-file.ts';
import type { Principal } from './principal.ts';
import { identifierShape, isIdentifier } from './principal.ts';

export interface KeyStore {
  /** The principal of a key's text, in constant time in the secret; `undefined` when there is none. */
  verify(text: string): Principal | undefined;
  /** Durable when it resolves; `text` is shown once. @throws {CONFIG_INVALID} when the tenant id has the wrong shape. */
  add(key: Omit<KeyRecord, 'keyId' | 'secretSha256'>): Promise<{ readonly keyId: string; readonly text: string }>;
  /** Answers false when there was none. */
  revoke(keyId: string): Promise<boolean>;
  list(): readonly KeyRecord[];
  /** Why the file as it stands is not followed, and the keys of before count; `undefined` when all is well. */
  problem(): string | undefined;
}

export interface KeyStoreOptions {
  readonly randomBytes: (count: number) => Buffer;
  /** JSON file, created when absent, mode 0600. Without one, keys live in memory. */
  readonly file?: string;
  /** Told once of each broken version of the file. */
  readonly onBroken?: (problem: string) => void;
}

/**
 * Follows its file: a key that another process revoked opens nothing a request later. One that was broken by hand leaves the last good keys in force,
 * which `problem` says.
 * @throws {CONFIG_INVALID} when the file is broken when it is opened.
 */
export async function openKeyStore({ randomBytes, file: path, onBroken = () => {} }: KeyStoreOptions): Promise<KeyStore> {
  const records = new Map<string, KeyRecord>();
  const file = path === undefined ? undefined : new KeyFile(path, onBroken);
  const replace = (all: readonly KeyRecord[] = []): void => {
    records.clear();
    for (const record of all) records.set(record.keyId, record);
  };
  const refresh = (): void => {
    const changed = file?.changed();
    if (changed !== undefined) replace(changed);
  };
  const save = async (): Promise<void> => file?.save(() => [...records.values()]);
  replace(file?.load());
  return {
    verify: (text) => {
      refresh();
      return verify(records, text);
    },
    async add(key) {
      if (!isIdentifier(key.tenantId)) {
        throw new StepwrightError('CONFIG_INVALID', `tenantId must be ${identifierShape}`);
      }
      const { keyId, secretSha256, text } = mintApiKey(randomBytes);
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
    problem: () => {
      refresh();
      return file?.problem;
    },
  };
}

function verify(records: ReadonlyMap<string, KeyRecord>, text: string): Principal | undefined {
  const parsed = parseApiKey(text);
  if (parsed === undefined) return undefined;
  const record = records.get(parsed.keyId);
  if (record === undefined || !sameDigest(Buffer.from(record.secretSha256, 'hex'), parsed.secretSha256)) return undefined;
  return { tenantId: record.tenantId, role: record.role, keyId: record.keyId, operator: record.operator };
}
