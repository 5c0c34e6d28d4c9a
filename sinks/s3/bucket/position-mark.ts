/**
 * A pointer's position stands behind its body as 64 blanks: a space is a 0, a tab a 1, highest bit first. So two positions never have the same bytes,
 * and the entity tag that `If-Match` compares tells them apart even where the body is the same; and JSON stays JSON for whoever reads the bucket.
 * - 1: 64 blanks
 */
export const positionMarkBytes = 64;

export function markPosition(body: Buffer, position: bigint): Buffer {
  const bits = BigInt.asUintN(positionMarkBytes, position).toString(2).padStart(positionMarkBytes, '0');
  return Buffer.concat([body, Buffer.from(bits.replaceAll('0', ' ').replaceAll('1', '\t'))]);
}

export function withoutPosition(marked: Buffer): Buffer {
  return marked.subarray(0, Math.max(0, marked.length - positionMarkBytes));
}
