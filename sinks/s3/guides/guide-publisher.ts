import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import { hasCode } from '../../../topology/base/errors.ts';
import { KeyedLock } from '../../../topology/base/keyed-lock.ts';
import type { DocumentFormat } from '../../ports/documents.ts';
import { renderGuideHtml } from '../render/guide-html.ts';
import type { PagePicture } from '../render/guide-html.ts';
import { renderGuideJson } from '../render/guide-json.ts';
import { renderGuideMarkdown } from '../render/guide-markdown.ts';
import { settleAll } from '../settle-all.ts';
import {
  currentKey,
  documentKey,
  documentTypes,
  folderOf,
  guideFolder,
  hrefFromDocument,
  isOlderFolder,
  revisionFolder,
  sessionPrefixes,
} from './guide-keys.ts';
import { readPictures } from './guide-pictures.ts';
import { decodePointer, encodePointer, forgottenPosition } from './guide-pointer.ts';
import type { GuidePointer } from './guide-pointer.ts';

interface Publication {
  readonly guide: Guide;
  readonly position: bigint;
  /** Where its documents are. */
  readonly folder: string;
}

/**
 * Publishes guides as objects. Order, and what would break otherwise: pictures are there first (the chain stored them before it committed the
 * guide), then the documents, then the pointer; a reader that follows the pointer always finds whole documents. Documents are never changed,
 * so a late writer can only add a folder that no pointer names; the pointer takes higher source positions only.
 *
 * Most guides are published once. So the pointer is made without a look at what stands; where one stands (an older guide, this one before a crash, a newer
 * one, a tombstone), that is refused, and only then it is read, replaced when it is older, and what no pointer names any more is deleted.
 */
export class GuidePublisher {
  readonly #store: ObjectStore;
  readonly #mostPageBytes: number;
  readonly #locks = new KeyedLock();

  /** `mostPageBytes`: of pictures in one page; it is about four times as much in memory. */
  constructor(store: ObjectStore, { mostPageBytes = 32 << 20 }: { readonly mostPageBytes?: number } = {}) {
    this.#store = store;
    this.#mostPageBytes = mostPageBytes;
  }

  /** Answers how many pictures the guide names and the store does not have as pictures; 0 when the session was deleted, of which then nothing is left. */
  async publish(guide: Guide, position: bigint): Promise<number> {
    const { tenantId, sessionId, revision } = guide;
    const publication = { guide, position, folder: revisionFolder(tenantId, sessionId, revision) };
    return this.#locks.run(guideFolder(tenantId, sessionId), () => this.#publish(publication));
  }

  /** Deletes every object of the session and leaves a tombstone that no later guide passes. Answers how many objects went. */
  async forget(tenantId: string, sessionId: string): Promise<number> {
    return this.#locks.run(guideFolder(tenantId, sessionId), async () => {
      const tombstone = currentKey(tenantId, sessionId);
      await this.#store.put(tombstone, encodePointer({ state: 'forgotten' }), {
        contentType: 'application/json',
        position: forgottenPosition,
      });
      let wentCount = 0;
      for (const prefix of sessionPrefixes(tenantId, sessionId)) wentCount += await this.#remove(prefix, (key) => key !== tombstone);
      return wentCount;
    });
  }

  async #publish(publication: Publication): Promise<number> {
    const { guide } = publication;
    const { pictures, missingCount } = await readPictures(this.#store, guide, this.#mostPageBytes);
    try {
      await this.#putDocuments(guide, pictures);
    } catch (error) {
      if (!hasCode(error, 'SEAL_KEY_GONE')) throw error;
      await this.#removeDocuments(guide, () => true);
      return 0;
    }
    const isFirst = await this.#putPointer(publication, { ifAbsent: true });
    return isFirst || (await this.#replacePointer(publication)) ? missingCount : 0;
  }

  async #putDocuments(guide: Guide, pictures: ReadonlyMap<string, PagePicture>): Promise<void> {
    const { tenantId, sessionId, revision } = guide;
    const put = (format: DocumentFormat, body: Buffer): Promise<boolean> =>
      this.#store.put(documentKey(tenantId, sessionId, revision, format), body, { contentType: documentTypes[format] });
    await settleAll([
      put('json', renderGuideJson(guide)),
      put('html', renderGuideHtml(guide, pictures)),
      put('md', renderGuideMarkdown(guide, hrefFromDocument)),
    ]);
  }

  #putPointer({ guide, position, folder }: Publication, { ifAbsent = false } = {}): Promise<boolean> {
    const pointer = encodePointer({ state: 'current', folder });
    return this.#store.put(currentKey(guide.tenantId, guide.sessionId), pointer, { contentType: 'application/json', position, ifAbsent });
  }

  /**
   * Answers false when what stands is a tombstone. What stands afterwards is read and not concluded: nothing that the pointer names may go. Folders of older
   * revisions are what a crash left between turning the pointer and deleting.
   */
  async #replacePointer(publication: Publication): Promise<boolean> {
    const { guide, folder } = publication;
    const before = await this.#pointer(guide);
    await this.#putPointer(publication);
    const standing = await this.#pointer(guide);
    const passed = before?.state === 'current' ? [folder, before.folder] : [folder];
    await this.#removeDocuments(guide, (found) => {
      if (standing?.state !== 'current') return standing?.state === 'forgotten';
      return found !== standing.folder && (passed.includes(found) || isOlderFolder(found, standing.folder));
    });
    return standing?.state !== 'forgotten';
  }

  async #pointer({ tenantId, sessionId }: Guide): Promise<GuidePointer | undefined> {
    const body = await this.#store.get(currentKey(tenantId, sessionId));
    return body === undefined ? undefined : decodePointer(body);
  }

  /** Documents of the session in the folders that are chosen. */
  async #removeDocuments({ tenantId, sessionId }: Guide, isChosen: (folder: string) => boolean): Promise<void> {
    const all = guideFolder(tenantId, sessionId);
    await this.#remove(all, (key) => folderOf(key) !== all && isChosen(folderOf(key)));
  }

  async #remove(prefix: string, isChosen: (key: string) => boolean): Promise<number> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(prefix)) if (isChosen(key)) keys.push(key);
    for (const key of keys) await this.#store.delete(key);
    return keys.length;
  }
}
