import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import { KeyedLock } from '../../../topology/base/keyed-lock.ts';
import { renderGuideHtml } from '../render/guide-html.ts';
import type { InlineImage } from '../render/guide-html.ts';
import { renderGuideJson } from '../render/guide-json.ts';
import { renderGuideMarkdown } from '../render/guide-markdown.ts';
import { currentKey, documentKey, documentTypes, guideFolder, hrefFromDocument, revisionFolder, sessionPrefixes } from './guide-keys.ts';
import { decodePointer, encodePointer, forgottenPosition } from './guide-pointer.ts';
import type { GuidePointer } from './guide-pointer.ts';

/**
 * Publishes guides as objects. Order, and what would break otherwise: pictures are there first (the chain stored them before it committed the
 * guide), then the documents, then the pointer; a reader that follows the pointer always finds whole documents. Documents are never changed,
 * so a late writer can only add a folder that no pointer names; the pointer takes higher source positions only.
 */
export class GuidePublisher {
  readonly #store: ObjectStore;
  readonly #locks = new KeyedLock();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Answers how many pictures the guide names and the store does not have; 0 also when a newer guide or a tombstone stands. */
  publish(guide: Guide, position: bigint): Promise<number> {
    return this.#locks.run(guideFolder(guide.tenantId, guide.sessionId), () => this.#publish(guide, position));
  }

  /** Deletes every object of the session and leaves a tombstone that no later guide passes. Answers how many objects went. */
  forget(tenantId: string, sessionId: string): Promise<number> {
    return this.#locks.run(guideFolder(tenantId, sessionId), async () => {
      const tombstone = currentKey(tenantId, sessionId);
      await this.#store.put(tombstone, encodePointer({ state: 'forgotten' }), {
        contentType: 'application/json',
        position: forgottenPosition,
      });
      const keys: string[] = [];
      for (const prefix of sessionPrefixes(tenantId, sessionId)) {
        for await (const { key } of this.#store.list(prefix)) if (key !== tombstone) keys.push(key);
      }
      for (const key of keys) await this.#store.delete(key);
      return keys.length;
    });
  }

  async #publish(guide: Guide, position: bigint): Promise<number> {
    const { tenantId, sessionId, revision } = guide;
    const before = await this.#pointer(tenantId, sessionId);
    if (before?.state === 'forgotten') return 0;
    const { images, missingCount } = await this.#images(guide);
    const documents = [
      ['json', renderGuideJson(guide)],
      ['html', renderGuideHtml(guide, images)],
      ['md', renderGuideMarkdown(guide, hrefFromDocument)],
    ] as const;
    const puts = documents.map(([format, body]) =>
      this.#store.put(documentKey(tenantId, sessionId, revision, format), body, { contentType: documentTypes[format] }),
    );
    await settleAll(puts);
    const folder = revisionFolder(tenantId, sessionId, revision);
    const pointer = encodePointer({ state: 'current', folder });
    const isCurrent = await this.#store.put(currentKey(tenantId, sessionId), pointer, { contentType: 'application/json', position });
    const standing = before?.folder;
    if (isCurrent && standing !== undefined && standing !== folder) await this.#removeFolder(standing);
    if (!isCurrent && standing !== folder) await this.#removeFolder(folder);
    return missingCount;
  }

  /** A folder that no pointer names. */
  async #removeFolder(folder: string): Promise<void> {
    for await (const { key } of this.#store.list(folder)) await this.#store.delete(key);
  }

  async #pointer(tenantId: string, sessionId: string): Promise<GuidePointer | undefined> {
    const body = await this.#store.get(currentKey(tenantId, sessionId));
    return body === undefined ? undefined : decodePointer(body);
  }

  async #images(guide: Guide): Promise<{ readonly images: ReadonlyMap<string, InlineImage>; readonly missingCount: number }> {
    const images = new Map<string, InlineImage>();
    const keys = new Set(guide.steps.flatMap(({ image }) => image?.fullKey ?? []));
    await settleAll(
      [...keys].map(async (key) => {
        const [body, head] = await Promise.all([this.#store.get(key), this.#store.head(key)]);
        if (body !== undefined && head !== undefined) images.set(key, { body, contentType: head.contentType });
      }),
    );
    return { images, missingCount: keys.size - images.size };
  }
}

/** All have ended when it throws: nothing is written by an attempt that has failed already. */
async function settleAll(works: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
