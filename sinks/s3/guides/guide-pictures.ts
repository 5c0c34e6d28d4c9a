import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import type { PagePicture } from '../render/guide-html.ts';
import { settleAll } from '../settle-all.ts';
import { pictureType } from './picture-type.ts';

export interface GuidePictures {
  /** By key. */
  readonly pictures: ReadonlyMap<string, PagePicture>;
  /** Of those that the guide names, how many the store does not have as pictures of the guide's tenant. */
  readonly missingCount: number;
}

/** Read side by side; so many more than fit may be in memory. */
const readAhead = 16;

/**
 * The pictures of a guide's page, in the order of its steps, as many as fit into `mostBytes`; those after them stay apart. Which ones is the same for the same
 * guide and pictures. An hour of recording has more pictures than a page, or a process, can hold.
 */
export async function readPictures(store: ObjectStore, guide: Guide, mostBytes: number): Promise<GuidePictures> {
  const own = `images/${guide.tenantId}/`;
  const keys = [...new Set(guide.steps.flatMap(({ image }) => image?.fullKey ?? []))];
  const pictures = new Map<string, PagePicture>();
  let leftBytes = mostBytes;
  for (let at = 0; at < keys.length; at += readAhead) {
    const read = keys.slice(at, at + readAhead).filter((key) => key.startsWith(own));
    const found = await settleAll(read.map((key) => (leftBytes > 0 ? readWhole(store, key) : isThere(store, key))));
    for (const [index, picture] of found.entries()) {
      const key = read[index];
      if (key === undefined || picture === undefined) continue;
      leftBytes -= picture === 'apart' ? 0 : picture.body.length;
      pictures.set(key, leftBytes < 0 ? 'apart' : picture);
    }
  }
  return { pictures, missingCount: keys.length - pictures.size };
}

async function readWhole(store: ObjectStore, key: string): Promise<PagePicture | undefined> {
  const body = await store.get(key);
  if (body === undefined) return undefined;
  const contentType = pictureType(body);
  return contentType === undefined ? undefined : { body, contentType };
}

async function isThere(store: ObjectStore, key: string): Promise<PagePicture | undefined> {
  return (await store.head(key)) === undefined ? undefined : 'apart';
}
