import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { StepwrightError } from '../../../topology/base/errors.ts';

/**
 * A session's data key on disk, wrapped under the tenant's key (AES-256-GCM, the scope as additional data): version, nonce, ciphertext, tag.
 * First byte: 0 – destroyed, nothing follows that means anything; 1 – wrapped.
 */
const destroyedVersion = 0;
const wrappedVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
export const dataKeyBytes = 32;
const fileBytes = 1 + nonceBytes + dataKeyBytes + tagBytes;
const algorithm = 'aes-256-gcm';

/** What stands in the place of a key that must never be minted again. */
export function tombstone(): Buffer {
  return Buffer.alloc(fileBytes, destroyedVersion);
}

export function wrapKey(dataKey: Buffer, tenantKey: Buffer, scope: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, tenantKey, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(scope));
  const body = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  return Buffer.concat([Buffer.of(wrappedVersion), nonce, body, cipher.getAuthTag()]);
}

/** @throws {SEAL_BROKEN} when the file was changed or belongs to another scope or tenant key. */
export function unwrapKey(file: Buffer, tenantKey: Buffer, scope: string): Buffer | 'gone' {
  if (file[0] === destroyedVersion) return 'gone';
  if (file[0] !== wrappedVersion || file.length !== fileBytes) throw broken(scope, `its ${file.length} bytes are not a wrapped key`);
  const decipher = createDecipheriv(algorithm, tenantKey, file.subarray(1, 1 + nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(scope));
  decipher.setAuthTag(file.subarray(fileBytes - tagBytes));
  try {
    return Buffer.concat([decipher.update(file.subarray(1 + nonceBytes, fileBytes - tagBytes)), decipher.final()]);
  } catch {
    throw broken(scope, 'it was changed, or wrapped under another tenant key');
  }
}

function broken(scope: string, problem: string): StepwrightError {
  return new StepwrightError('SEAL_BROKEN', `key file of ${scope}: ${problem}; restore the keyring from a backup`, { context: { scope } });
}
