/** The middle of some numbers and how far they lie apart. */
export interface Quartiles {
  readonly median: number;
  readonly firstQuartile: number;
  readonly thirdQuartile: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Between two numbers a quantile lies on the line through them (type 7 of Hyndman and Fan 1996, as in R). @throws {Error} for no numbers. */
export function quartilesOf(numbers: readonly number[]): Quartiles {
  if (numbers.length === 0) throw new Error('no numbers, no quartiles');
  const sorted = numbers.toSorted((left, right) => left - right);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? 0;
    const above = sorted[Math.ceil(place)] ?? below;
    return below + (above - below) * (place - Math.floor(place));
  };
  return { median: at(0.5), firstQuartile: at(0.25), thirdQuartile: at(0.75), lowest: at(0), highest: at(1) };
}
