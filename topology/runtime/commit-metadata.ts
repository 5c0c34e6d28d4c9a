/** What a task writes beside its input offsets. */
export interface CommitMetadata {
  /** Unique to one attempt to commit; tells after an unknown outcome whose commit stands (K8). */
  readonly commitId: string;
  /** Stream time of that moment, so that expiry does not depend on crashes (T1). -1 before the first record. */
  readonly streamTimeMs: number;
}

/**
 * Format versions of the offset metadata, oldest first.
 * - 1: `1;<commit id>;<stream time in ms>`
 */
const metadataVersion = '1';

export function encodeCommitMetadata(metadata: CommitMetadata): string {
  return `${metadataVersion};${metadata.commitId};${metadata.streamTimeMs}`;
}

/** Undefined for metadata that this engine did not write, such as that of an offset reset tool. */
export function decodeCommitMetadata(text: string): CommitMetadata | undefined {
  const [version, commitId, streamTimeText] = text.split(';');
  const streamTimeMs = Number(streamTimeText);
  if (version !== metadataVersion || commitId === undefined || !Number.isFinite(streamTimeMs)) return undefined;
  return { commitId, streamTimeMs };
}

/** The number at the end of a commit id; 0 for none. Counting on from it, a new id differs from the last one whoever wrote that (K8). */
export function commitNumberOf(commitId: string | undefined): number {
  const number = Number(commitId?.slice(commitId.lastIndexOf('-') + 1));
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}
