import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import { versitygwAccess, versitygwService } from '../../../services/versitygw/versitygw-service.ts';
import { renderGuideHtml } from '../../../sinks/s3/render/guide-html.ts';
import { renderGuideJson } from '../../../sinks/s3/render/guide-json.ts';
import { renderGuideMarkdown } from '../../../sinks/s3/render/guide-markdown.ts';
import { sampleGuide } from '../../../sinks/s3/render/render-fixtures.ts';
import { bucketDefaults } from '../../../sinks/s3/bucket/bucket-options.ts';
import { openBucket } from '../../../sinks/s3/bucket/open-bucket.ts';
import { currentKey, hrefFromDocument } from '../../../sinks/s3/guides/guide-keys.ts';
import { encodePointer } from '../../../sinks/s3/guides/guide-pointer.ts';
import { createGuideTarget } from '../../../sinks/s3/guides/guide-target.ts';
import { jsonSerde } from '../../../schemas/serdes.ts';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { silentLogger } from '../../../topology/base/logger.ts';
import { environment, spreadOf } from '../../environment.ts';
import { putPlainly, type PlainObject } from './plain-puts.ts';

const runCount = 5;
const pictureCount = 300;
const pictureBytes = 150 << 10;
const guideCount = 60;
/** As many writes at once as the guide sink makes: eight guides, three documents each. */
const mostAtOnce = 24;

const { region, ...credentials } = versitygwAccess;
const { address } = await versitygwService.start();
const endpoint = `http://${address}`;
const bucket = `bench-${randomUUID()}`;
const plain = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
await plain.send(new CreateBucketCommand({ Bucket: bucket }));
const common = { ...bucketDefaults, bucket, region, endpoint, credentials, addressing: 'path' } as const;
const opened = await openBucket({
  ...common,
  concurrency: mostAtOnce,
  random: Math.random,
  clock: createSystemClock(),
  logger: silentLogger,
});

/** Without pictures: they are measured apart, and a page with some is the same put with more bytes. */
const guide: Guide = { ...sampleGuide, steps: sampleGuide.steps.map(({ image: _image, ...step }) => step) };
/** Rendered beforehand: the loop only sends. */
const documents = [
  renderGuideJson(guide),
  renderGuideHtml(guide, new Map()),
  renderGuideMarkdown(guide, hrefFromDocument),
  encodePointer({ state: 'current', folder: 'guides/acme/s-1/r000040-0/' }),
];
const pictures = Array.from({ length: pictureCount }, () => randomBytes(pictureBytes));
const pictureRatios: number[] = [];
const guideRatios: number[] = [];
const rates = { pictures: [] as number[], plainPictures: [] as number[], guides: [] as number[], plainGuides: [] as number[] };
// Run 0 warms both up. Sides take turns in going first, so that none always meets the other's leftovers.
for (let run = 0; run <= runCount; run++) {
  const sides = [pictureRun(run), guideRun(run)];
  for (const { ours, theirs, ratios, ourRates, theirRates, count } of sides) {
    const order = run % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const seconds = new Map<() => Promise<void>, number>();
    for (const side of order) seconds.set(side, await secondsOf(side));
    if (run === 0) continue;
    const [ourRate, theirRate] = [count / (seconds.get(ours) ?? 1), count / (seconds.get(theirs) ?? 1)];
    ourRates.push(ourRate);
    theirRates.push(theirRate);
    ratios.push(ourRate / theirRate);
  }
}
await checkOutput(opened.store);
const result = {
  environment: environment(),
  server: versitygwService.title,
  pictures: {
    count: pictureCount,
    bytes: pictureBytes,
    ratio: spreadOf(pictureRatios),
    perSec: spreadOf(rates.pictures),
    plainPerSec: spreadOf(rates.plainPictures),
  },
  guides: { count: guideCount, ratio: spreadOf(guideRatios), perSec: spreadOf(rates.guides), plainPerSec: spreadOf(rates.plainGuides) },
};
console.log(JSON.stringify(result, undefined, 2));
if (process.argv[2] !== undefined) await writeFile(process.argv[2], `${JSON.stringify(result, undefined, 2)}\n`);
await opened.close();
plain.destroy();

/** Pictures as the chain stores them, against the same bytes by the SDK alone. */
function pictureRun(run: number) {
  const objects = (side: string): PlainObject[] =>
    pictures.map((body, index) => ({ key: `images/acme/${side}-${run}/${index}`, body, contentType: 'image/png' }));
  return {
    ours: async () => {
      const writes = objects('ours').map(({ key, body, contentType }) => opened.store.put(key, body, { contentType, ifAbsent: true }));
      assert.ok((await Promise.all(writes)).every(Boolean));
    },
    theirs: () => putPlainly(plain, bucket, objects('plain'), mostAtOnce),
    ratios: pictureRatios,
    ourRates: rates.pictures,
    theirRates: rates.plainPictures,
    count: pictureCount,
  };
}

/** A batch of finished guides through the sink's target, against its four puts a guide (three documents, a pointer) by the SDK alone. */
function guideRun(run: number) {
  const rows = Array.from({ length: guideCount }, (_value, index): Guide => ({ ...guide, sessionId: `r${run}-${index}` }));
  const target = createGuideTarget({ store: opened.store, guides: jsonSerde<Guide>() });
  return {
    ours: () =>
      target.apply({
        rows: rows.map((row, index) => ({ topic: 'guide.finished.v1', partition: 0, offset: BigInt(run * guideCount + index), row })),
        ranges: [
          { topic: 'guide.finished.v1', partition: 0, fromOffset: BigInt(run * guideCount), nextOffset: BigInt((run + 1) * guideCount) },
        ],
      }),
    theirs: () => putPlainly(plain, bucket, plainGuides(run), mostAtOnce),
    ratios: guideRatios,
    ourRates: rates.guides,
    theirRates: rates.plainGuides,
    count: guideCount,
  };
}

function plainGuides(run: number): PlainObject[] {
  return Array.from({ length: guideCount }, (_value, index) =>
    documents.map((body, document) => ({ key: `plain/acme/r${run}-${index}/${document}`, body, contentType: 'text/plain' })),
  ).flat();
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return (performance.now() - startedAtMs) / 1_000;
}

/** What was measured was also done: every picture is the bytes that were given, every guide is current. */
async function checkOutput(store: ObjectStore): Promise<void> {
  const digest = (body: Buffer | undefined): string =>
    createHash('sha256')
      .update(body ?? '')
      .digest('hex');
  for (const [index, body] of pictures.entries()) {
    assert.equal(digest(await store.get(`images/acme/ours-${runCount}/${index}`)), digest(body));
  }
  for (let index = 0; index < guideCount; index++) assert.ok(await store.head(currentKey('acme', `r${runCount}-${index}`)));
}
