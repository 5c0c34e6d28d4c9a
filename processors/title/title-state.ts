import type { Revision, SessionUpsert } from '../../schemas/types/guide.ts';
import type { SafeStep, SessionInfo } from '../model.ts';

/** What title keeps of a session under its key. Flat: steps stand one by one. Version 1. */
export interface TitleState {
  readonly session: SessionInfo;
  readonly upsert?: SessionUpsert;
  readonly editedTitle?: string;
  readonly editedSummary?: string;
  readonly modelTitle?: string;
  readonly guideRequestId?: string;
  /** Titles asked of a model; bounded by the budget. */
  readonly requestCount: number;
  /** Of the guide that left last, less its revision: the same one does not leave twice. */
  readonly guideHash?: string;
}

/** One step of a session, with what people and models said of it. */
export interface TitledStep {
  readonly step: SafeStep;
  readonly editedTitle?: string;
  readonly editedDescription?: string;
  readonly isDeleted?: boolean;
  readonly modelTitle?: string;
  /** Names the content that a model was asked about: an answer to older content is ignored. */
  readonly requestId?: string;
}

/** Steps of one session in order. Backed by a store of the task, keys (session, order, stepId). */
export interface StepShelf {
  get(order: number, stepId: string): TitledStep | undefined;
  put(entry: TitledStep): void;
  all(): Iterable<TitledStep>;
  /** The revision in which a step's words were sent ahead, until the step itself came as far. */
  aheadOf(order: number, stepId: string): Revision | undefined;
  setAhead(step: Pick<SafeStep, 'order' | 'stepId'>, revision: Revision | undefined): void;
}

export interface TitleOptions {
  /** Titles asked of a model a session. */
  readonly requestBudgetCount: number;
  /** False in a replay edition: answers come from the log. */
  readonly asksModels: boolean;
}

export const defaultTitleOptions: TitleOptions = { requestBudgetCount: 200, asksModels: true };
