/** Imports are untrusted: every size has a bound, and passing one is an IMPORT_INVALID that names it. */
export interface ImportLimits {
  /** Of the file as it is. */
  readonly wireBytes: number;
  /** After gunzip. */
  readonly inflatedBytes: number;
  /** Nesting of arrays and objects. */
  readonly depthCount: number;
  readonly eventCount: number;
  /** Of one string that is kept; longer ones are cut. */
  readonly textLength: number;
}

export const defaultImportLimits: ImportLimits = {
  wireBytes: 64 * 1024 * 1024,
  inflatedBytes: 256 * 1024 * 1024,
  depthCount: 200,
  eventCount: 100_000,
  textLength: 4000,
};

/** What a format's reader gets. */
export interface ImportContext {
  readonly limits: ImportLimits;
  readonly startedAtMs: number;
  readonly screenshots: 'keep' | 'missing';
}
