const reversedPolynomial = 0x82f63b78;
const tableSize = 256;
const wordBytes = 4;

/**
 * Slicing-by-8 tables (Kounavis and Berry, 2008) one behind the other: table k advances a byte over k further zero bytes. In one array, so that an engine
 * checks one bound and loads one base.
 */
const tables = buildTables();

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes[start, end)`, as an unsigned number. Reads whole words where they are aligned, as little-endian. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const misalignment = (bytes.byteOffset + start) % wordBytes;
  const wordsStart = misalignment === 0 ? start : Math.min(end, start + wordBytes - misalignment);
  const pairCount = Math.max(0, Math.floor((end - wordsStart) / (2 * wordBytes)));
  const words = new Int32Array(bytes.buffer, pairCount === 0 ? 0 : bytes.byteOffset + wordsStart, pairCount * 2);
  const head = overBytes(-1, bytes, start, wordsStart);
  return ~overBytes(overWords(head, words), bytes, wordsStart + pairCount * 2 * wordBytes, end) >>> 0;
}

function overBytes(before: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = before;
  for (let at = start; at < end; at++) crc = entry((crc ^ (bytes[at] ?? 0)) & 0xff) ^ (crc >>> 8);
  return crc;
}

/** Two words a step. */
function overWords(before: number, words: Int32Array): number {
  let crc = before;
  for (let at = 0; at < words.length; at += 2) {
    const low = crc ^ (words[at] ?? 0);
    const high = words[at + 1] ?? 0;
    crc =
      entry(7 * tableSize + (low & 0xff)) ^
      entry(6 * tableSize + ((low >>> 8) & 0xff)) ^
      entry(5 * tableSize + ((low >>> 16) & 0xff)) ^
      entry(4 * tableSize + (low >>> 24)) ^
      entry(3 * tableSize + (high & 0xff)) ^
      entry(2 * tableSize + ((high >>> 8) & 0xff)) ^
      entry(tableSize + ((high >>> 16) & 0xff)) ^
      entry(high >>> 24);
  }
  return crc;
}

function buildTables(): Int32Array {
  const all = new Int32Array(8 * tableSize);
  for (let byte = 0; byte < tableSize; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ reversedPolynomial : crc >>> 1;
    all[byte] = crc;
  }
  for (let at = tableSize; at < all.length; at++) {
    const previous = all[at - tableSize] ?? 0;
    all[at] = (all[previous & 0xff] ?? 0) ^ (previous >>> 8);
  }
  return all;
}

function entry(index: number): number {
  return tables[index] ?? 0;
}
