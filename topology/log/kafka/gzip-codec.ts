import { gunzipSync, gzipSync } from 'node:zlib';
import type { CompressionCodecs } from '../batch/compression.ts';

/** The one codec that Node brings along. */
export const gzipCodecs: CompressionCodecs = new Map([
  ['gzip', { name: 'gzip', compress: (records: Buffer) => gzipSync(records), decompress: (records: Buffer) => gunzipSync(records) }],
]);
