import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import type * as fzstdModule from 'fzstd';
import type * as lz4Napi from 'lz4-napi';
import type * as snappyjs from 'snappyjs';
import { StepwrightError } from '../../../base/errors.ts';
import type { CompressionCodec, CompressionCodecs, CompressionName } from '../../batch/compression.ts';
import { isXerial, joinXerial, splitXerial } from './xerial-frames.ts';

/** Packages are loaded when a batch first needs them, so a process that meets none pays nothing, and one that cannot load one still runs. */
const load = createRequire(import.meta.url);

type Snappy = typeof snappyjs;
type Lz4 = typeof lz4Napi;
type Fzstd = typeof fzstdModule;

interface NodeZstd {
  zstdCompressSync(bytes: Buffer): Buffer;
  zstdDecompressSync(bytes: Buffer): Buffer;
}

/** Every codec of Kafka's record batches. zstd is Node's own from 22.15 on; before, it is read by a package and cannot be written. */
export const kafkaCodecs: CompressionCodecs = new Map<CompressionName, CompressionCodec>([
  [
    'gzip',
    codec(
      'gzip',
      (plain) => zlib.gzipSync(plain),
      (packed) => zlib.gunzipSync(packed),
    ),
  ],
  ['snappy', codec('snappy', packSnappy, unpackSnappy)],
  [
    'lz4',
    codec(
      'lz4',
      (plain) => lz4().compressFrameSync(plain),
      (packed) => lz4().decompressFrameSync(packed),
    ),
  ],
  ['zstd', codec('zstd', packZstd, unpackZstd)],
]);

function codec(
  name: CompressionCodec['name'],
  compress: (plain: Buffer) => Buffer,
  decompress: (packed: Buffer) => Buffer,
): CompressionCodec {
  return {
    name,
    compress,
    decompress: (packed) => {
      try {
        return decompress(packed);
      } catch (cause) {
        if (cause instanceof StepwrightError) throw cause;
        // Its checksum is right, so it was written like this.
        throw new StepwrightError('LOG_CORRUPT', `a record batch says it is compressed with ${name}, and it cannot be read as that`, {
          cause,
        });
      }
    },
  };
}

function packSnappy(plain: Buffer): Buffer {
  const snappy: Snappy = loaded('snappy', 'snappyjs');
  return joinXerial(plain, (block) => snappy.compress(block));
}

/** Java writes blocks in a frame of its own, other clients one bare block. */
function unpackSnappy(packed: Buffer): Buffer {
  const snappy: Snappy = loaded('snappy', 'snappyjs');
  if (!isXerial(packed)) return Buffer.from(snappy.uncompress(packed));
  return Buffer.concat(splitXerial(packed).map((block) => snappy.uncompress(block)));
}

function lz4(): Lz4 {
  return loaded('lz4', 'lz4-napi');
}

function packZstd(plain: Buffer): Buffer {
  const own = nodeZstd();
  if (own !== undefined) return own.zstdCompressSync(plain);
  throw unsupported('zstd', 'this Node cannot write zstd: use Node 22.15 or newer, or another compression');
}

function unpackZstd(packed: Buffer): Buffer {
  const own = nodeZstd();
  if (own !== undefined) return own.zstdDecompressSync(packed);
  const fzstd: Fzstd = loaded('zstd', 'fzstd');
  return Buffer.from(fzstd.decompress(packed));
}

/** True where batches can be compressed with zstd, not only read. */
export function canWriteZstd(): boolean {
  return nodeZstd() !== undefined;
}

function nodeZstd(): NodeZstd | undefined {
  return hasZstd(zlib) ? zlib : undefined;
}

function hasZstd(module: object): module is NodeZstd {
  return 'zstdCompressSync' in module && 'zstdDecompressSync' in module;
}

/** @throws {LOG_COMPRESSION_UNSUPPORTED} when the package is not there for this platform. */
function loaded<T>(name: CompressionCodec['name'], packageName: string): T {
  try {
    return load(packageName);
  } catch (cause) {
    throw unsupported(name, `a record batch is compressed with ${name}, and the package ${packageName} does not load here`, cause);
  }
}

function unsupported(name: CompressionCodec['name'], message: string, cause?: unknown): StepwrightError {
  return new StepwrightError('LOG_COMPRESSION_UNSUPPORTED', message, { cause, context: { compression: name } });
}
