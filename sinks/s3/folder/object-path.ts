import { extname } from 'node:path';

/**
 * How keys become paths. Objects whose extension tells their content type are plain files under their own name, so that a person can open
 * `guide.html`; all others carry a small header (object-frame.ts) and end in `~_`. Upper-case letters are written `~a`, so two keys that
 * differ in case stay apart on a case-insensitive file system; a folder whose name looks like a plain file ends in `~+`, so `a.json` and
 * `a.json/b` can both exist. `~` is in no key, so the encoding is reversible.
 */
const plainTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.parquet': 'application/vnd.apache.parquet',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

const framedSuffix = '~_';
const folderSuffix = '~+';

/** The content type that a plain file of this name has; undefined when the name does not tell. */
export function plainContentType(name: string): string | undefined {
  return plainTypes[extname(name)];
}

export interface ObjectPaths {
  /** Relative to the store's root, without the file. */
  readonly folders: readonly string[];
  readonly plainName: string;
  readonly framedName: string;
}

export function objectPaths(segments: readonly string[]): ObjectPaths {
  const folders = segments.slice(0, -1).map(encodeFolder);
  const plainName = encodeCase(segments[segments.length - 1] ?? '');
  return { folders, plainName, framedName: plainName + framedSuffix };
}

/** The segment that a folder's entry stands for; undefined for a foreign file. */
export function decodeEntry(name: string, isFolder: boolean): { readonly segment: string; readonly framed: boolean } | undefined {
  const suffix = isFolder ? folderSuffix : framedSuffix;
  const suffixed = name.endsWith(suffix);
  const bare = suffixed ? name.slice(0, -suffix.length) : name;
  const segment = bare.replace(/~([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return /^[A-Za-z0-9._=-]+$/.test(segment) ? { segment, framed: suffixed && !isFolder } : undefined;
}

export function encodeFolder(segment: string): string {
  return encodeCase(segment) + (plainContentType(segment) === undefined ? '' : folderSuffix);
}

function encodeCase(segment: string): string {
  return segment.replace(/[A-Z]/g, (letter) => `~${letter.toLowerCase()}`);
}
