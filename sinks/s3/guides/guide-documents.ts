import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { DocumentFormat, GuideDocument, GuideDocuments } from '../../ports/documents.ts';
import { currentKey, documentTypes } from './guide-keys.ts';
import { decodePointer } from './guide-pointer.ts';

/** Reads published guides by following their pointers. */
export function createGuideDocuments(store: ObjectStore): GuideDocuments {
  return {
    async document(tenantId, sessionId, format): Promise<GuideDocument | 'gone' | undefined> {
      // A newer guide may replace the folder between the two reads: then the pointer names another one, once.
      for (let attempt = 0; attempt < 3; attempt++) {
        const body = await store.get(currentKey(tenantId, sessionId));
        if (body === undefined) return undefined;
        const pointer = decodePointer(body);
        if (pointer.state === 'forgotten') return 'gone';
        const found = await read(store, `${pointer.folder}guide.${format}`, format);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

async function read(store: ObjectStore, key: string, format: DocumentFormat): Promise<GuideDocument | undefined> {
  const body = await store.get(key);
  return body === undefined ? undefined : { body, contentType: documentTypes[format], key };
}
