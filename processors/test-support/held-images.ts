import type { ImageTools } from '../ports/image-tools.ts';

/** Tools whose pictures are made when the test says so. */
export interface HeldImages {
  readonly tools: ImageTools;
  /** Pictures asked for and not made yet. */
  waitingCount(): number;
  /** Makes the one at `index` of those that wait, counted around. */
  release(index: number): void;
  /** Makes what waits, and from now on every picture at once. */
  releaseAll(): void;
}

export function holdImages(tools: ImageTools): HeldImages {
  const waiting: (() => void)[] = [];
  let isHolding = true;
  const held = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (isHolding) await new Promise<void>((resolve) => waiting.push(resolve));
    return work();
  };
  return {
    tools: {
      transformVersion: tools.transformVersion,
      fingerprint: (image, masks) => held(() => tools.fingerprint(image, masks)),
      derive: (image, options) => held(() => tools.derive(image, options)),
    },
    waitingCount: () => waiting.length,
    release: (index) => waiting.splice(index % Math.max(1, waiting.length), 1)[0]?.(),
    releaseAll: () => {
      isHolding = false;
      for (const make of waiting.splice(0)) make();
    },
  };
}
