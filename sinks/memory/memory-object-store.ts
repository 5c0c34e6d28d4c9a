import type { ObjectStore, PutOptions } from '../../processors/ports/object-store.ts';
import { checkPrefix, keySegments } from '../s3/object-key.ts';

interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
  readonly position: bigint | undefined;
}

/** An object store that ends with the process, for tests; passes the contract suite. Modification times are always 0. */
export function createMemoryObjectStore(): ObjectStore {
  const objects = new Map<string, StoredObject>();
  return {
    async get(key) {
      keySegments(key);
      const found = objects.get(key);
      return found === undefined ? undefined : Buffer.from(found.body);
    },
    async head(key) {
      keySegments(key);
      const found = objects.get(key);
      return found === undefined ? undefined : { sizeBytes: found.body.length, contentType: found.contentType };
    },
    async put(key: string, body: Buffer, options: PutOptions) {
      keySegments(key);
      const standing = objects.get(key);
      if (standing !== undefined && options.ifAbsent) return false;
      if (standing?.position !== undefined && options.position !== undefined && standing.position >= options.position)
        return standing.position === options.position;
      objects.set(key, { body: Buffer.from(body), contentType: options.contentType, position: options.position });
      return true;
    },
    async delete(key) {
      keySegments(key);
      objects.delete(key);
    },
    async *list(prefix) {
      checkPrefix(prefix);
      for (const key of [...objects.keys()].filter((name) => name.startsWith(prefix)).sort()) {
        const found = objects.get(key);
        if (found !== undefined) yield { key, sizeBytes: found.body.length, modifiedAtMs: 0 };
      }
    },
  };
}
