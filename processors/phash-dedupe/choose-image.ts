import type { Screenshot } from '../../schemas/types/capture-event.ts';
import type { ChosenImage, SessionInfo } from '../model.ts';
import type { ImageFingerprint } from '../ports/image-tools.ts';
import type { DedupeSession, KeptPicture } from './dedupe-state.ts';
import { maxDecisions, maxKept } from './dedupe-state.ts';
import { hashDistance } from './hash-distance.ts';
import { sameTiles } from './same-tiles.ts';
import { maskPixels, targetPixels, type ShotSubject } from './shot-pixels.ts';

export interface Question {
  readonly session: SessionInfo;
  readonly step: ShotSubject & { readonly stepId: string };
  readonly shot: Screenshot;
  readonly fingerprint: ImageFingerprint;
}

export interface Choice {
  readonly chosen: ChosenImage;
  readonly state: DedupeSession;
  /** The new picture became a kept one: its tiles must be stored. */
  readonly isKept: boolean;
  /** Pictures that are compared no more: their tiles may go. */
  readonly dropped: readonly KeptPicture[];
}

/** Candidates differ in at most so many of 256 bits; unrelated pages differ in about 128. Tiles decide, so the bound may be wide. */
const maxHashDistance = 72;
/** … and the nearest so many of them are looked at. */
const maxCandidates = 8;

/**
 * Chooses the picture that stands for a step's: an equal one, else the kept one with the fewest changed tiles that `sameTiles` accepts, else
 * its own, which is kept from then on. `tilesOf` reads the stored tiles of a kept picture. Pure.
 */
export function chooseImage(state: DedupeSession, question: Question, tilesOf: (kept: KeptPicture) => Buffer | undefined): Choice {
  const asked = questionOf(question);
  const known = state.decisions.find(({ stepId, question: before }) => stepId === question.step.stepId && before === asked);
  if (known !== undefined) return { chosen: known.chosen, state, isKept: false, dropped: [] };
  const shared = findShared(state, question, tilesOf);
  const chosen = shared === undefined ? { shot: question.shot } : chosenOf(shared, question.step.stepId);
  const kept = shared === undefined ? [...state.kept, keptOf(question)] : state.kept;
  const dropped = kept.slice(0, Math.max(0, kept.length - maxKept));
  const decisions = [
    ...state.decisions.filter(({ stepId }) => stepId !== question.step.stepId),
    { stepId: question.step.stepId, question: asked, chosen },
  ];
  return {
    chosen,
    state: { version: 1, kept: kept.slice(dropped.length), decisions: decisions.slice(-maxDecisions) },
    isKept: shared === undefined,
    dropped,
  };
}

function findShared(state: DedupeSession, question: Question, tilesOf: (kept: KeptPicture) => Buffer | undefined): KeptPicture | undefined {
  const { shot, fingerprint } = question;
  const guard = guardOf(question);
  const comparable = state.kept.filter((kept) => kept.guard === guard && isSameSize(kept.shot, shot));
  const equal = comparable.findLast((kept) => kept.shot.sha256 === shot.sha256 || kept.pixelsSha256 === fingerprint.pixelsSha256);
  return equal ?? nearest(comparable, question, tilesOf);
}

function nearest(
  comparable: readonly KeptPicture[],
  { step, shot, fingerprint }: Question,
  tilesOf: (kept: KeptPicture) => Buffer | undefined,
): KeptPicture | undefined {
  const candidates = comparable
    .map((kept) => ({ kept, distance: hashDistance(kept.blockHash, fingerprint.blockHash) }))
    .filter(({ distance }) => distance <= maxHashDistance)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, maxCandidates);
  const target = targetPixels(step, shot);
  let best: { readonly kept: KeptPicture; readonly changedTiles: number } | undefined;
  for (const { kept } of candidates) {
    const tiles = tilesOf(kept);
    if (tiles === undefined) continue;
    const { width, height } = fingerprint;
    const { isSame, changedTiles } = sameTiles({
      width,
      height,
      kept: tiles,
      next: fingerprint.tiles,
      ...(target === undefined ? {} : { target }),
    });
    if (isSame && (best === undefined || changedTiles < best.changedTiles)) best = { kept, changedTiles };
  }
  return best?.kept;
}

function isSameSize(a: Screenshot, b: Screenshot): boolean {
  return a.width === b.width && a.height === b.height && a.scale === b.scale;
}

function chosenOf(kept: KeptPicture, stepId: string): ChosenImage {
  return kept.stepId === stepId ? { shot: kept.shot } : { shot: kept.shot, sharedWithStepId: kept.stepId };
}

function keptOf(question: Question): KeptPicture {
  const { pixelsSha256, blockHash } = question.fingerprint;
  return { shot: question.shot, stepId: question.step.stepId, guard: guardOf(question), pixelsSha256, blockHash };
}

/** The decoded size counts: rectangles are drawn on it. */
function guardOf({ session, shot, fingerprint }: Question): string {
  const { policyId, version, redact, mode } = session.policy;
  return JSON.stringify([policyId, version, mode, redact, fingerprint.width, fingerprint.height, maskPixels(shot)]);
}

function questionOf({ session, step, shot, fingerprint }: Question): string {
  return JSON.stringify([shot.sha256, guardOf({ session, step, shot, fingerprint }), targetPixels(step, shot)]);
}
