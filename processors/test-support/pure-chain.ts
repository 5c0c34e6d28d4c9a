import type { CaptureChunk } from '../../schemas/types/capture-event.ts';
import type { Guide, Revision, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { OutputMessage, StepDraft } from '../model.ts';
import { defaultSessionizeOptions, type SessionState } from '../sessionize/session-state.ts';
import { sessionize } from '../sessionize/sessionize.ts';
import { stepBoundary } from '../step-boundary/step-boundary.ts';
import type { BoundaryState, StepTail, TrackedStep } from '../step-boundary/step-state.ts';
import { title } from '../title/title.ts';
import { defaultTitleOptions, type StepShelf, type TitledStep, type TitleOptions, type TitleState } from '../title/title-state.ts';
import { passThrough } from './pass-through.ts';

interface SessionStores {
  sessionize?: SessionState;
  boundary?: BoundaryState;
  title?: TitleState;
  readonly tail: Map<number, TrackedStep>;
  readonly shelf: Map<string, TitledStep>;
}

/** sessionize, step-boundary and title as pure functions over maps: the chain without engine, pictures and redaction. */
export class PureChain {
  readonly #sessions = new Map<string, SessionStores>();
  readonly #titleOptions: TitleOptions;
  readonly outputs: OutputMessage[] = [];
  readonly drafts: StepDraft[] = [];
  readonly drops: string[] = [];

  constructor(titleOptions: TitleOptions = defaultTitleOptions) {
    this.#titleOptions = titleOptions;
  }

  take(chunk: CaptureChunk): void {
    const stores = this.#storesOf(`${chunk.tenantId}/${chunk.sessionId}`);
    const result = sessionize(stores.sessionize, chunk, defaultSessionizeOptions);
    stores.sessionize = result.state;
    this.drops.push(...result.drops);
    for (const { atMs, message } of result.out) {
      const bounded = stepBoundary(stores.boundary, message, atMs, tailOf(stores.tail));
      stores.boundary = bounded.state;
      for (const { message: draft } of bounded.out) {
        if (draft.type === 'step') this.drafts.push(draft.step);
        const titled = title(stores.title, passThrough(draft), shelfOf(stores.shelf), this.#titleOptions);
        stores.title = titled.state;
        this.outputs.push(...titled.out);
      }
    }
  }

  /** The last guide of each session, by session id. */
  guides(): ReadonlyMap<string, Guide> {
    return new Map(this.outputs.flatMap((out) => (out.type === 'guide' ? [[out.guide.sessionId, out.guide] as const] : [])));
  }

  /** What a view holds: the highest revision of each step that is not removed, in order. */
  view(): StepUpsert[] {
    const latest = new Map<string, StepUpsert>();
    for (const out of this.outputs) {
      if (out.type !== 'step') continue;
      const known = latest.get(out.step.stepId);
      if (known === undefined || isHigher(out.step.revision, known.revision)) latest.set(out.step.stepId, out.step);
    }
    return [...latest.values()].filter((step) => step.state !== 'removed').sort((a, b) => a.order - b.order);
  }

  session(): SessionUpsert | undefined {
    return this.outputs.flatMap((out) => (out.type === 'session' ? [out.session] : [])).at(-1);
  }

  /** Bytes of the state of one session that do not belong to single steps. */
  flatStateLength(key: string): number {
    const { tail: _tail, shelf: _shelf, ...flat } = this.#storesOf(key);
    return JSON.stringify(flat).length;
  }

  #storesOf(key: string): SessionStores {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const stores: SessionStores = { tail: new Map(), shelf: new Map() };
    this.#sessions.set(key, stores);
    return stores;
  }
}

function isHigher(a: Revision, b: Revision): boolean {
  if (a.ordinal !== b.ordinal) return a.ordinal > b.ordinal;
  return a.timer === b.timer ? a.final && !b.final : a.timer > b.timer;
}

function tailOf(map: Map<number, TrackedStep>): StepTail {
  return { get: (index) => map.get(index), put: (index, step) => void map.set(index, step), delete: (index) => void map.delete(index) };
}

function shelfOf(map: Map<string, TitledStep>): StepShelf {
  const keyOf = (order: number, stepId: string) => `${String(order).padStart(10, '0')}/${stepId}`;
  return {
    get: (order, stepId) => map.get(keyOf(order, stepId)),
    put: (entry) => void map.set(keyOf(entry.step.order, entry.step.stepId), entry),
    aheadOf: () => undefined,
    setAhead: () => {},
    all: () => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
  };
}
