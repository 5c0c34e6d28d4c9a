/** Bits in which two hashes of one length, in hex, differ; infinite for other lengths. */
export function hashDistance(a: string, b: string): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let distance = 0;
  for (let at = 0; at < a.length; at += 8)
    distance += bitCount(Number.parseInt(a.slice(at, at + 8), 16) ^ Number.parseInt(b.slice(at, at + 8), 16));
  return distance;
}

function bitCount(word: number): number {
  let bits = word;
  let count = 0;
  for (; bits !== 0; count++) bits &= bits - 1;
  return count;
}
