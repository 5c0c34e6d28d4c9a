import type { WireReader } from '../wire/wire-reader.ts';

/** Reads what many answers are: throttle time, then a code for each partition of each topic. Answers with the first code that is not 0, or 0. */
export function readPartitionCodes(reader: WireReader, isFlexible: boolean): number {
  reader.int32();
  const codes = reader.array(() => {
    reader.string();
    const partitions = reader.array(() => {
      reader.int32();
      const code = reader.int16();
      if (isFlexible) reader.tags();
      return code;
    });
    if (isFlexible) reader.tags();
    return partitions;
  });
  return firstError(codes.flat());
}

/** The first code that is not 0, or 0. */
export function firstError(codes: readonly number[]): number {
  return codes.find((code) => code !== 0) ?? 0;
}
