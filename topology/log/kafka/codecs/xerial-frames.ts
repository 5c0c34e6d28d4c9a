/**
 * The frame that Java's snappy streams put around their blocks (xerial snappy-java): a magic of eight bytes, two version numbers, then blocks with their
 * lengths. Versions: 1, readable from 1 on.
 */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const version = 1;
const headerBytes = magic.length + 8;
const lengthBytes = 4;
/** Of the block before it is compressed, as Java's default. */
const blockBytes = 32 * 1024;

export function isXerial(packed: Buffer): boolean {
  return packed.length >= headerBytes && packed.subarray(0, magic.length).equals(magic);
}

/** The compressed blocks, in order. @throws {RangeError} when one is cut off. */
export function splitXerial(packed: Buffer): readonly Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = headerBytes; at < packed.length;) {
    const end = at + lengthBytes + packed.readInt32BE(at);
    if (end > packed.length) throw new RangeError('a snappy block is longer than what there is');
    blocks.push(packed.subarray(at + lengthBytes, end));
    at = end;
  }
  return blocks;
}

export function joinXerial(plain: Buffer, compress: (block: Buffer) => Uint8Array): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeInt32BE(version, magic.length);
  header.writeInt32BE(version, magic.length + lengthBytes);
  const parts: Uint8Array[] = [header];
  for (let at = 0; at < plain.length; at += blockBytes) {
    const block = compress(plain.subarray(at, at + blockBytes));
    const length = Buffer.alloc(lengthBytes);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
