import { createHmac } from 'node:crypto';
import type { Rect } from '../../schemas/types/capture-event.ts';
import type { StepImage } from '../../schemas/types/guide.ts';
import type { ErrorCode } from '../../topology/base/error-codes.ts';
import { hasCode } from '../../topology/base/errors.ts';
import type { SafeMessage, SafeStep, SessionInfo } from '../model.ts';
import type { DerivedImage, DerivedImages, ImageTools } from '../ports/image-tools.ts';
import type { Keyring } from '../ports/keyring.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { isCovered, type ImagePlan, type PlannedMessage } from './image-plan.ts';

export interface ImageStageDeps {
  readonly images: ImageTools;
  readonly objects: ObjectStore;
  readonly keyring: Keyring;
  /** Opens what is in quarantine: the object store with its seal taken off. */
  readonly originals: Pick<ObjectStore, 'get'>;
}

/**
 * The stage behind redact: pictures of planned steps. Idempotent, so it may run any number of times for one record (`mapAsync`): a derivative's key is
 * HMAC(scope key, source + masks + marks + transform version) and the first write wins. Pixels of the original are read here and nowhere behind.
 */
export interface ImageStage {
  /** @throws what the object store throws; the caller retries by its disposition. */
  map(record: { readonly value: PlannedMessage }): Promise<SafeMessage>;
  /** Messages that need no picture. */
  bypass(record: { readonly value: PlannedMessage }): SafeMessage | undefined;
}

export function createImageStage(deps: ImageStageDeps): ImageStage {
  return {
    map: async ({ value }) => {
      if (value.type !== 'step') return value;
      const { plan, ...message } = value;
      return plan === undefined ? message : { ...message, step: { ...message.step, ...(await pictureOf(deps, message.session, plan)) } };
    },
    bypass: ({ value }) => {
      if (value.type !== 'step') return value;
      const { plan, ...message } = value;
      return plan === undefined ? message : undefined;
    },
  };
}

type Picture = Pick<SafeStep, 'image' | 'imageMissing'>;

/** Version 1. What is stored beside the derivatives, written last: where it stands, they all stand. */
interface ImageRecord {
  readonly version: 1;
  readonly masks: readonly Rect[];
  readonly image: StepImage;
}

async function pictureOf(deps: ImageStageDeps, session: SessionInfo, plan: ImagePlan): Promise<Picture> {
  const scope = `${session.tenantId}/${session.sessionId}`;
  // The session may be forgotten between any two calls.
  try {
    const names = namesOf(deps, scope, plan);
    const stored = await readRecord(deps.objects, names.record);
    if (stored !== undefined) return { image: stored.image };
    const original = await deps.originals.get(`quarantine/${scope}/${plan.sourceSha256}`);
    if (original === undefined) return await reuse(deps.objects, names, plan);
    const { masks } = plan;
    const derived = await deps.images.derive(original, { masks, ...marksOf(plan) });
    // Rectangles of a picture of another size cover the wrong places.
    if (derived.full.width !== plan.width || derived.full.height !== plan.height) return { imageMissing: otherSize };
    return await storeUnlessForgotten(deps, scope, () => store(deps.objects, names, derived, plan));
  } catch (error) {
    const reason = reasons.find(([code]) => hasCode(error, code))?.[1];
    if (reason === undefined) throw error;
    return { imageMissing: reason };
  }
}

/**
 * A session that is forgotten while its picture is made must not get one: its key goes first, its pictures after that. So a key that is there after
 * the writes means that they will be deleted too; one that is gone means that the deletion may be over, and they are taken back here.
 */
async function storeUnlessForgotten({ keyring, objects }: ImageStageDeps, scope: string, write: () => Promise<Stored>): Promise<Picture> {
  if (keyring.peek(scope) === 'gone') return { imageMissing: sessionDeleted };
  const { image, keys } = await write();
  if (keyring.peek(scope) !== 'gone') return { image };
  for (const key of keys) await objects.delete(key);
  return { imageMissing: sessionDeleted };
}

function marksOf({ click, highlight }: ImagePlan): Pick<ImagePlan, 'click' | 'highlight'> {
  return { ...(click === undefined ? {} : { click }), ...(highlight === undefined ? {} : { highlight }) };
}

const otherSize = 'The screenshot has another size than its recorder said, so what to hide in it is not known.';

const sessionDeleted = 'The session has been deleted.';

/** What will not get better by trying again costs the picture, never the step. */
const reasons: readonly (readonly [ErrorCode, string])[] = [
  ['IMAGE_INVALID', 'The screenshot is not a picture.'],
  ['IMAGE_TOO_LARGE', 'The screenshot is too large.'],
  ['SEAL_KEY_GONE', sessionDeleted],
  ['SEAL_BROKEN', 'The screenshot cannot be opened.'],
];

interface ImageNames {
  readonly imageId: string;
  readonly base: string;
  readonly view: string;
  readonly record: string;
  /** All records of this source, whatever was masked then. */
  readonly records: string;
}

/** Full picture and thumbnail hang on source and masks, crop and annotation also on what is marked: steps share what is equal. */
function namesOf({ keyring, images }: ImageStageDeps, scope: string, plan: ImagePlan): ImageNames {
  const key = keyring.hmacKeyFor(scope);
  const name = (...parts: readonly unknown[]): string => createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex').slice(0, 40);
  const imageId = name('image', plan.sourceSha256, plan.masks, images.transformVersion);
  const viewId = name('view', imageId, plan.click, plan.highlight);
  const folder = `images/${scope}`;
  const records = `${folder}/records/${name('source', plan.sourceSha256)}/`;
  return { imageId, base: `${folder}/${imageId}`, view: `${folder}/${viewId}`, records, record: `${records}${viewId}.json` };
}

/** An object's name tells its type, so that a file of it opens wherever it is copied to. */
const extensions: Readonly<Record<string, string>> = { 'image/webp': 'webp', 'image/png': 'png', 'image/jpeg': 'jpg' };

/** A picture, and every object that was written for it. */
interface Stored {
  readonly image: StepImage;
  readonly keys: readonly string[];
}

async function store(objects: ObjectStore, names: ImageNames, derived: DerivedImages, plan: ImagePlan): Promise<Stored> {
  const put = async (name: string, picture: DerivedImage): Promise<string> => {
    const key = `${name}.${extensions[picture.contentType] ?? 'bin'}`;
    await objects.put(key, picture.body, { contentType: picture.contentType, ifAbsent: true });
    return key;
  };
  const [fullKey, thumbnailKey, cropKey, annotatedKey] = await Promise.all([
    put(`${names.base}.full`, derived.full),
    put(`${names.base}.thumb`, derived.thumbnail),
    derived.crop === undefined ? undefined : put(`${names.view}.crop`, derived.crop),
    derived.annotated === undefined ? undefined : put(`${names.view}.marked`, derived.annotated),
  ]);
  const image: StepImage = {
    imageId: names.imageId,
    fullKey,
    thumbnailKey,
    ...(cropKey === undefined ? {} : { cropKey }),
    ...(annotatedKey === undefined ? {} : { annotatedKey }),
    width: derived.full.width,
    height: derived.full.height,
    ...marksOf(plan),
  };
  const record: ImageRecord = { version: 1, masks: plan.masks, image };
  // Last: who finds it needs no other object (a crash before leaves derivatives that are put again).
  await objects.put(names.record, Buffer.from(JSON.stringify(record)), { contentType: 'application/json', ifAbsent: true });
  return { image, keys: [fullKey, thumbnailKey, cropKey, annotatedKey, names.record].filter((key) => key !== undefined) };
}

/** The original is gone: an earlier redaction of it serves when it covers at least what is to be covered now. */
async function reuse(objects: ObjectStore, names: ImageNames, plan: ImagePlan): Promise<Picture> {
  const keys: string[] = [];
  for await (const { key } of objects.list(names.records)) keys.push(key);
  for (const key of keys.toSorted()) {
    const record = await readRecord(objects, key);
    if (record === undefined || !plan.masks.every((mask) => isCovered(mask, record.masks))) continue;
    // Crop and marks of the other step would point at the wrong place.
    const { imageId, fullKey, thumbnailKey, width, height } = record.image;
    const image: StepImage = { imageId, fullKey, thumbnailKey, width, height, ...marksOf(plan) };
    return { image, imageMissing: 'The original has expired; an earlier redaction of it is shown.' };
  }
  return { imageMissing: 'The screenshot has expired or was never stored.' };
}

async function readRecord(objects: ObjectStore, key: string): Promise<ImageRecord | undefined> {
  const body = await objects.get(key);
  if (body === undefined) return undefined;
  const parsed: ImageRecord = JSON.parse(body.toString('utf8'));
  return parsed.version === 1 ? parsed : undefined;
}
