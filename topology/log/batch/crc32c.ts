const reversedPolynomial = 0x82f63b78;

/** Slicing-by-8 tables (Kounavis and Berry, 2008): table k advances a byte over k further zero bytes. */
const tables = buildTables();

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes[start, end)`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = -1;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const low = crc ^ (at8(bytes, at) | (at8(bytes, at + 1) << 8) | (at8(bytes, at + 2) << 16) | (at8(bytes, at + 3) << 24));
    crc =
      at32(t7, low & 0xff) ^
      at32(t6, (low >>> 8) & 0xff) ^
      at32(t5, (low >>> 16) & 0xff) ^
      at32(t4, low >>> 24) ^
      at32(t3, at8(bytes, at + 4)) ^
      at32(t2, at8(bytes, at + 5)) ^
      at32(t1, at8(bytes, at + 6)) ^
      at32(t0, at8(bytes, at + 7));
  }
  for (; at < end; at++) crc = at32(t0, (crc ^ at8(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

type Tables = readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function buildTables(): Tables {
  const first = new Int32Array(256).map((_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ reversedPolynomial : crc >>> 1;
    return crc;
  });
  const next = (previous: Int32Array): Int32Array => previous.map((crc) => at32(first, crc & 0xff) ^ (crc >>> 8));
  const second = next(first);
  const third = next(second);
  const fourth = next(third);
  const fifth = next(fourth);
  const sixth = next(fifth);
  const seventh = next(sixth);
  return [first, second, third, fourth, fifth, sixth, seventh, next(seventh)];
}

function at8(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function at32(table: Int32Array, index: number): number {
  return table[index] ?? 0;
}
