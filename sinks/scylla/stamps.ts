/**
 * Write timestamps of rows. Both servers keep, of two writes of one cell, the one with the higher timestamp, so timestamps that come from the log make
 * writing order-free: a late writer (a process that was frozen, a batch that is applied again) changes nothing that a later record has written.
 *
 * A stamp is `epoch · 2^44 + offset`. ScyllaDB refuses timestamps of the future, in microseconds since 1970: epochs end below that.
 * What is forgotten is deleted above all stamps, and its mark stands above the deletion.
 */
const epochBits = 44n;
export const maxEpoch = 63;
export const forgottenStamp = 2n ** 50n;
export const markStamp = forgottenStamp + 1n;
/** For rows whose content never changes. */
export const constantStamp = 0n;

export function stampOf(epoch: number, offset: bigint): bigint {
  return (BigInt(epoch) << epochBits) + offset;
}

/**
 * Stamp of a row that is made of records of two topics: it rises with either. Two writers that know different pairs may pass each other for a moment; both end
 * at the pair that is the latest in each, which has the highest sum.
 */
export function joinedStamp(epoch: number, first: bigint, second: bigint): bigint {
  const base = stampOf(epoch, 0n);
  return base + within(first, base) + within(second, base);
}

function within(stamp: bigint, base: bigint): bigint {
  return stamp > base ? stamp - base : 0n;
}
