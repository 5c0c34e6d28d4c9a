import { StepwrightError } from '../../base/errors.ts';

/** Compression ids of the batch attributes, by number. */
export const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export type CompressionName = (typeof compressionNames)[number];

/** Takes the records section apart and together again. A Kafka adapter hands in the ones it has. */
export interface CompressionCodec {
  readonly name: Exclude<CompressionName, 'none'>;
  compress(records: Buffer): Buffer;
  decompress(records: Buffer): Buffer;
}

export type CompressionCodecs = ReadonlyMap<CompressionName, CompressionCodec>;

export const noCodecs: CompressionCodecs = new Map();

/** @throws {LOG_COMPRESSION_UNSUPPORTED} when nothing here can read what a producer wrote; hand in that codec, or set the producer to another. */
export function codecOf(codecs: CompressionCodecs, id: number): CompressionCodec {
  const name = compressionNames[id];
  const codec = name === undefined ? undefined : codecs.get(name);
  if (codec !== undefined) return codec;
  const message = `a record batch is compressed with ${name ?? `unknown codec ${id}`}, and no such codec is configured; add it or let the producer use another`;
  throw new StepwrightError('LOG_COMPRESSION_UNSUPPORTED', message, { context: { compression: name ?? id } });
}
