import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Published } from './published.ts';

/** What reports must say of recordings, whenever and by whom they were worked on. */
export interface Counted {
  readonly sessions: number;
  readonly finished: number;
  readonly missedEvents: number;
  readonly guides: number;
  /** By name. */
  readonly kinds: ReadonlyMap<string, { readonly steps: number; readonly sessions: number; readonly withImage: number }>;
  readonly redactions: ReadonlyMap<string, { readonly redacted: number; readonly steps: number; readonly sessions: number }>;
}

/** Counted from the steps that readers get; every session has ended with a guide and lost nothing. */
export function countPublished(published: ReadonlyMap<string, Published>): Counted {
  const kinds = new Map<string, { steps: number; sessions: number; withImage: number }>();
  const redactions = new Map<string, { redacted: number; steps: number; sessions: number }>();
  for (const { steps } of published.values()) {
    const seen = new Set<object>();
    for (const step of Array.isArray(steps) ? steps : []) {
      const { kind, image, redactions: masked = [] }: ReadStep = step;
      const of = entryOf(kinds, kind, () => ({ steps: 0, sessions: 0, withImage: 0 }));
      addStep(of, seen);
      if (image !== undefined) of.withImage += 1;
      for (const { kind: name, count } of masked) {
        const amount = entryOf(redactions, name, () => ({ redacted: 0, steps: 0, sessions: 0 }));
        addStep(amount, seen);
        amount.redacted += count;
      }
    }
  }
  return { sessions: published.size, finished: published.size, missedEvents: 0, guides: published.size, kinds, redactions };
}

interface ReadStep {
  readonly kind: string;
  readonly image?: unknown;
  readonly redactions?: readonly { readonly kind: string; readonly count: number }[];
}

function entryOf<Entry>(entries: Map<string, Entry>, name: string, make: () => Entry): Entry {
  const entry = entries.get(name) ?? make();
  entries.set(name, entry);
  return entry;
}

function addStep(entry: { steps: number; sessions: number }, seenInSession: Set<object>): void {
  entry.steps += 1;
  if (!seenInSession.has(entry)) entry.sessions += 1;
  seenInSession.add(entry);
}

type Row = Readonly<Record<string, string | number>>;

/** The reports of all days, read again until they say `expected` or `withinMs` is over; what they said last. */
export async function readCounted(url: string, token: string, expected: Counted, withinMs: number): Promise<Counted> {
  const read = async (name: string): Promise<readonly Row[]> => {
    const answer = await fetch(`${url}/v1/analytics/${name}?from=0`, { headers: { authorization: `Bearer ${token}` } });
    const body: { readonly rows?: readonly Row[] } = JSON.parse(await answer.text());
    return body.rows ?? [];
  };
  const endAtMs = performance.now() + withinMs;
  for (;;) {
    const [sessions, guides, kinds, redactions] = await Promise.all([read('sessions'), read('guides'), read('steps'), read('redactions')]);
    const counted: Counted = {
      sessions: sum(sessions, 'sessions'),
      finished: sum(sessions, 'finished'),
      missedEvents: sum(sessions, 'missed_events'),
      guides: sum(guides, 'guides'),
      kinds: new Map(
        kinds.map((row) => [
          String(row['kind']),
          { steps: at(row, 'steps'), sessions: at(row, 'sessions'), withImage: at(row, 'with_image') },
        ]),
      ),
      redactions: new Map(
        redactions.map((row) => [
          String(row['kind']),
          { redacted: at(row, 'redacted'), steps: at(row, 'steps'), sessions: at(row, 'sessions') },
        ]),
      ),
    };
    if (isDeepStrictEqual(counted, expected) || performance.now() > endAtMs) return counted;
    await delay(200);
  }
}

function at(row: Row, column: string): number {
  return Number(row[column]);
}

function sum(rows: readonly Row[], column: string): number {
  return rows.reduce((total, row) => total + at(row, column), 0);
}
