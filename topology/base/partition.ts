const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** Kafka's own murmur2 (`org.apache.kafka.common.utils.Utils#murmur2`), as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = seed ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const left = length - whole;
  if (left === 3) hash ^= byteAt(bytes, whole + 2) << 16;
  if (left >= 2) hash ^= byteAt(bytes, whole + 1) << 8;
  if (left >= 1) hash = Math.imul(hash ^ byteAt(bytes, whole), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition that every Kafka client picks for a key: murmur2 without its sign, modulo the count. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
