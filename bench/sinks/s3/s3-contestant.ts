/** A contestant of `main.ts` in a process of its own: `node s3-contestant.js NAME ENDPOINT BUCKET`; answers each message, a kind of work, with a run. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { jsonSerde } from '../../../schemas/serdes.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import { versitygwAccess } from '../../../services/versitygw/versitygw-service.ts';
import { bucketDefaults } from '../../../sinks/s3/bucket/bucket-options.ts';
import { openBucket } from '../../../sinks/s3/bucket/open-bucket.ts';
import { currentKey, documentKey, documentTypes, hrefFromDocument, revisionFolder } from '../../../sinks/s3/guides/guide-keys.ts';
import { encodePointer } from '../../../sinks/s3/guides/guide-pointer.ts';
import { createGuideTarget } from '../../../sinks/s3/guides/guide-target.ts';
import { renderGuideHtml } from '../../../sinks/s3/render/guide-html.ts';
import { renderGuideJson } from '../../../sinks/s3/render/guide-json.ts';
import { renderGuideMarkdown } from '../../../sinks/s3/render/guide-markdown.ts';
import { sampleGuide } from '../../../sinks/s3/render/render-fixtures.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { silentLogger } from '../../../topology/base/logger.ts';
import { deletePlainly, forEachAtOnce, getPlainly, mostAtOnce, putPlainly, type PlainObject } from './plain-puts.ts';

export const contestants = ['ours', 'loop', 'rendering loop'] as const;
export type S3Contestant = (typeof contestants)[number];
export const kinds = ['guides', 'pictures'] as const;
export type Kind = (typeof kinds)[number];

export interface Run {
  readonly perSecond: number;
  /** Of the contestant; the server is another process. */
  readonly cpuMsEach: number;
}

export const sizes = { guides: 200, pictures: 200, pictureBytes: 150 << 10 } as const;

interface Work {
  run(): Promise<unknown>;
  /** Throws unless what was to be written can be read. */
  check(): Promise<void>;
}

/** The client that the loops use has the settings of ours; with the SDK's own they are slower by a fifth. */
const clientSettings = { forcePathStyle: true, cacheMiddleware: true } as const satisfies S3ClientConfig;
const { region, ...credentials } = versitygwAccess;
const [, , given, endpoint = '', bucket = ''] = process.argv;
const name = contestants.find((contestant) => contestant === given);
const pictures = Array.from({ length: sizes.pictures }, () => randomBytes(sizes.pictureBytes));

/** Without pictures: they are measured apart, and a page with some is the same put with more bytes. */
const guide: Guide = { ...sampleGuide, steps: sampleGuide.steps.map(({ image: _image, ...step }) => step) };

function guidesOf(tenantId: string): readonly Guide[] {
  return Array.from({ length: sizes.guides }, (_value, index) => ({ ...guide, tenantId, sessionId: `s${index}` }));
}

/** The four objects of a guide. */
function objectsOf(one: Guide): readonly PlainObject[] {
  const { tenantId, sessionId, revision } = one;
  const document = (format: keyof typeof documentTypes, body: Buffer): PlainObject => ({
    key: documentKey(tenantId, sessionId, revision, format),
    body,
    contentType: documentTypes[format],
  });
  const pointer = encodePointer({ state: 'current', folder: revisionFolder(tenantId, sessionId, revision) });
  return [
    document('json', renderGuideJson(one)),
    document('html', renderGuideHtml(one, new Map())),
    document('md', renderGuideMarkdown(one, hrefFromDocument)),
    { key: currentKey(tenantId, sessionId), body: pointer, contentType: 'application/json' },
  ];
}

function picturesOf(tenantId: string): readonly PlainObject[] {
  return pictures.map((body, index) => ({ key: `images/${tenantId}/s/${index}`, body, contentType: 'image/png' }));
}

async function openOurs(): Promise<(kind: Kind, tenantId: string) => Work> {
  const place = { ...bucketDefaults, bucket, region, endpoint, credentials, addressing: 'path', concurrency: mostAtOnce } as const;
  const { store } = await openBucket({ ...place, random: Math.random, clock: createSystemClock(), logger: silentLogger });
  const target = createGuideTarget({ store, guides: jsonSerde<Guide>() });
  const partition = { topic: 'guide.finished.v1', partition: 0 };
  const same = (objects: readonly PlainObject[]): Promise<void> =>
    forEachAtOnce(objects, async ({ key, body }) => assert.ok((await store.get(key))?.equals(body)));
  let nextOffset = 0n;
  return (kind, tenantId) => {
    if (kind === 'pictures') {
      const objects = picturesOf(tenantId);
      const put = ({ key, body, contentType }: PlainObject) => store.put(key, body, { contentType, ifAbsent: true });
      return { run: async () => assert.ok((await Promise.all(objects.map(put))).every(Boolean)), check: () => same(objects) };
    }
    const guides = guidesOf(tenantId);
    const fromOffset = nextOffset;
    const rows = guides.map((row) => ({ ...partition, offset: nextOffset++, row }));
    const batch = { rows, ranges: [{ ...partition, fromOffset, nextOffset }] };
    return { run: () => target.apply(batch), check: () => same(guides.flatMap(objectsOf)) };
  };
}

/** The ready loop only sends; the other one also makes what it sends, a guide at a time. */
function openLoop(isRendering: boolean): (kind: Kind, tenantId: string) => Work {
  const client = new S3Client({ ...clientSettings, endpoint, region, credentials });
  const same = (objects: readonly PlainObject[]): Promise<void> =>
    forEachAtOnce(objects, async ({ key, body }) => assert.ok((await getPlainly(client, bucket, key)).equals(body)));
  return (kind, tenantId) => {
    const ready = kind === 'pictures' ? picturesOf(tenantId) : guidesOf(tenantId).flatMap(objectsOf);
    const made = function* (): Generator<PlainObject> {
      for (const one of guidesOf(tenantId)) yield* objectsOf(one);
    };
    const run = () => putPlainly(client, bucket, isRendering ? made() : ready);
    return { run, check: () => same(ready) };
  };
}

async function serve(contestant: S3Contestant, answer: (run: Run) => void): Promise<void> {
  const workOf = contestant === 'ours' ? await openOurs() : openLoop(contestant === 'rendering loop');
  const cleaner = new S3Client({ ...clientSettings, endpoint, region, credentials });
  let runCount = 0;
  process.on('message', (message: unknown) => {
    const kind = kinds.find((one) => one === message) ?? 'guides';
    const tenantId = `${given?.split(' ')[0] ?? ''}-${kind}-${runCount++}`;
    const measured = async (): Promise<Run> => {
      const work = workOf(kind, tenantId);
      const [startedAtMs, cpu] = [performance.now(), process.cpuUsage()];
      await work.run();
      const seconds = (performance.now() - startedAtMs) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      await work.check();
      if (kind === 'pictures') await deletePlainly(cleaner, bucket, picturesOf(tenantId));
      return { perSecond: sizes[kind] / seconds, cpuMsEach: (user + system) / 1_000 / sizes[kind] };
    };
    measured().then(answer, (error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
}

if (process.send !== undefined && name !== undefined) await serve(name, (run) => process.send?.(run));
