import { isNewer } from '../../../schemas/revision.ts';
import type { Revision } from '../../../schemas/types/guide.ts';
import { StepwrightError } from '../../../topology/base/errors.ts';
import type { DocumentFormat } from '../../ports/documents.ts';
import { keySegments } from '../object-key.ts';

/**
 * Where the objects of a session are:
 *   guides/<tenant>/<session>/<revision>/guide.json, .html, .md   written once, never changed
 *   guides/<tenant>/<session>/current                             which revision counts; replaced by a higher source position only
 *   images/<tenant>/<session>/…                                   derivatives, written by the redact processor
 *   quarantine/<tenant>/<session>/…                               sealed originals, written by ingest
 */
export function guideFolder(tenantId: string, sessionId: string): string {
  return `guides/${scopeOf(tenantId, sessionId)}/`;
}

export function currentKey(tenantId: string, sessionId: string): string {
  return `${guideFolder(tenantId, sessionId)}current`;
}

/** Everything of a session that is addressed by its name. */
export function sessionPrefixes(tenantId: string, sessionId: string): readonly string[] {
  const scope = scopeOf(tenantId, sessionId);
  return [`guides/${scope}/`, `images/${scope}/`, `quarantine/${scope}/`];
}

/** An id with a slash in it would be a place of another tenant or session. @throws {OBJECT_KEY_INVALID} */
function scopeOf(tenantId: string, sessionId: string): string {
  const scope = `${tenantId}/${sessionId}`;
  const segments = keySegments(scope);
  if (segments.length === 2) return scope;
  throw new StepwrightError('OBJECT_KEY_INVALID', 'The id of a tenant or session has a "/": there is no place for its objects.', {
    disposition: 'dead-letter',
  });
}

export function documentKey(tenantId: string, sessionId: string, revision: Revision, format: DocumentFormat): string {
  return `${revisionFolder(tenantId, sessionId, revision)}guide.${format}`;
}

export function revisionFolder(tenantId: string, sessionId: string, { ordinal, timer, final }: Revision): string {
  return `${guideFolder(tenantId, sessionId)}r${String(ordinal).padStart(6, '0')}-${timer}${final ? '' : '-preview'}/`;
}

/** The folder that an object is in, with its slash. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** Whether a revision's folder holds an older revision than another one; false when either is no such folder. */
export function isOlderFolder(folder: string, other: string): boolean {
  const [revision, standing] = [revisionOf(folder), revisionOf(other)];
  return revision !== undefined && standing !== undefined && isNewer(standing, revision);
}

function revisionOf(folder: string): Revision | undefined {
  const [, ordinal, timer, preview] = /\/r(\d+)-(\d+)(-preview)?\/$/.exec(folder) ?? [];
  return ordinal === undefined ? undefined : { ordinal: Number(ordinal), timer: Number(timer), final: preview === undefined };
}

/** From a document in a revision's folder to any object of the store. */
export function hrefFromDocument(key: string): string {
  return `../../../../${key}`;
}

export const documentTypes: Readonly<Record<DocumentFormat, string>> = {
  json: 'application/json',
  html: 'text/html; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
};
