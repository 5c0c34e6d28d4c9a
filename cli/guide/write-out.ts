import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { toGuideDocument } from '../../schemas/guide-document.ts';
import type { Guide } from '../../schemas/types/guide.ts';
import type { ObjectStore } from '../../processors/ports/object-store.ts';
import { renderGuideHtml, type InlineImage } from '../../sinks/s3/render/guide-html.ts';
import { renderGuideMarkdown } from '../../sinks/s3/render/guide-markdown.ts';
import { StepwrightError } from '../../topology/base/errors.ts';

/**
 * Writes `guide.json`, `guide.html`, `guide.md` and the pictures under the paths that guide.json and guide.md name.
 * @throws {CONFIG_INVALID} when the folder cannot be written.
 */
export async function writeGuide(guide: Guide, objects: ObjectStore, folder: string): Promise<void> {
  try {
    await writeFiles(guide, objects, folder);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    const why = error.code === 'ENOSPC' ? 'the disk is full' : String(error.code);
    throw new StepwrightError('CONFIG_INVALID', `--out: ${folder} cannot be written (${why})`, { cause: error });
  }
}

async function writeFiles(guide: Guide, objects: ObjectStore, folder: string): Promise<void> {
  const images = new Map<string, InlineImage>();
  for (const key of imageKeys(guide)) {
    const body = await objects.get(key);
    const head = await objects.head(key);
    if (body === undefined || head === undefined) continue;
    images.set(key, { body, contentType: head.contentType });
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), body);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'guide.json'), `${JSON.stringify(toGuideDocument(guide))}\n`);
  writeFileSync(join(folder, 'guide.html'), renderGuideHtml(guide, images));
  writeFileSync(
    join(folder, 'guide.md'),
    renderGuideMarkdown(guide, (key) => key),
  );
}

/** One folder a file, by its name; two files of one name get a number. */
export function outFolders(paths: readonly string[], out: string): string[] {
  const used = new Map<string, number>();
  return paths.map((path) => {
    const name =
      basename(path)
        .replace(/\.(?:json|jsonl|gz)+$/gi, '')
        .replace(/\.json$/i, '') || 'guide';
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return join(out, count === 1 ? name : `${name}-${count}`);
  });
}

function imageKeys(guide: Guide): Set<string> {
  const keys = guide.steps.flatMap(({ image }) =>
    image === undefined ? [] : [image.fullKey, image.thumbnailKey, image.cropKey, image.annotatedKey],
  );
  return new Set(keys.filter((key) => key !== undefined));
}
