import fc from 'fast-check';

/** What a node of a random topology does with a value. `spread` reads all keys of its store; `scale` has no state; `max` may be repeated. */
export const nodeKinds = ['sum', 'ttl', 'window', 'session', 'timer', 'spread', 'scale', 'max'] as const;
export type NodeKind = (typeof nodeKinds)[number];

export interface ModelNode {
  readonly kind: NodeKind;
  /** Index of the node it reads from; -1 is the source. */
  readonly parent: number;
}

/** A random topology: nodes behind one source, a sink behind each node. */
export interface ModelShape {
  readonly nodes: readonly ModelNode[];
  /** A mapAsync behind this node, and one more node and sink behind that. */
  readonly async: { readonly parent: number; readonly tail: 'sum' | 'timer' | 'max' } | undefined;
  /** Even values come back, halved, through the source topic. */
  readonly hasFeedback: boolean;
}

export interface ModelRecord {
  readonly key: string;
  readonly value: number;
  readonly timestampMs: number;
}

export const modelKeys = ['a', 'b', 'c', 'd', 'e'];
export const modelTimes = { ttlMs: 900, windowMs: 500, gapMs: 300, retentionMs: 2_000, timerMs: 400 } as const;

export function shapeArbitrary(kinds: readonly NodeKind[], isPlain: boolean): fc.Arbitrary<ModelShape> {
  const nodes = fc
    .array(fc.record({ kind: fc.constantFrom(...kinds), parent: fc.nat({ max: 9 }) }), { minLength: 1, maxLength: 3 })
    .map((drafts) => drafts.map(({ kind, parent }, index): ModelNode => ({ kind, parent: (parent % (index + 1)) - 1 })));
  if (isPlain) return nodes.map((all) => ({ nodes: all, async: undefined, hasFeedback: false }));
  return fc.record({
    nodes,
    async: fc.option(
      fc.record({ parent: fc.constantFrom(-1, 0), tail: fc.constantFrom('sum' as const, 'timer' as const, 'max' as const) }),
      {
        nil: undefined,
      },
    ),
    hasFeedback: fc.boolean(),
  });
}

export const recordsArbitrary: fc.Arbitrary<readonly ModelRecord[]> = fc
  .array(
    fc.record({ key: fc.constantFrom(...modelKeys), value: fc.integer({ min: 1, max: 40 }), stepMs: fc.integer({ min: -300, max: 600 }) }),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((steps) => {
    let timestampMs = 10_000;
    return steps.map(({ key, value, stepMs }) => ({ key, value, timestampMs: (timestampMs += stepMs) }));
  });

/** What mapAsync makes of a value; multiples of 5 bypass it. */
export const asyncValue = (value: number): number => value + 7;
export const bypassValue = (value: number): number | undefined => (value % 5 === 0 ? value + 1_000 : undefined);

export const nodeName = (index: number): string => `n${index}`;
export const sinkTopic = (index: number): string => `out-${index}`;
