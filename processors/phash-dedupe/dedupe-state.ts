import type { Screenshot } from '../../schemas/types/capture-event.ts';
import type { ChosenImage } from '../model.ts';

/** What is kept of a session, under its key; the tiles of each kept picture stand under a key of their own. Version 1. */
export interface DedupeSession {
  readonly version: 1;
  /** Pictures that later ones may share, oldest first. */
  readonly kept: readonly KeptPicture[];
  /** Of the last steps, so that a step that comes again with the same picture gets the same answer. */
  readonly decisions: readonly Decision[];
}

export interface KeptPicture {
  readonly shot: Screenshot;
  readonly stepId: string;
  /** Masks and policy: pictures of different ones are never shared. */
  readonly guard: string;
  readonly pixelsSha256: string;
  readonly blockHash: string;
}

export interface Decision {
  readonly stepId: string;
  /** Picture, masks, policy and target: another of these is another question. */
  readonly question: string;
  readonly chosen: ChosenImage;
}

export const emptyDedupeSession: DedupeSession = { version: 1, kept: [], decisions: [] };

/** Later pictures are compared with so many. */
export const maxKept = 32;
/** A step changes for as long as its hold lasts; few steps are open at a time. */
export const maxDecisions = 16;
