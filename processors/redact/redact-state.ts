import { createHash } from 'node:crypto';
import type { Rect, Target } from '../../schemas/types/capture-event.ts';
import type { PictureRequest, SafeStep, StepDraft } from '../model.ts';
import type { SecretDigests } from './secret-memory.ts';

/** What redact keeps of a session, under its key. Bounded; written only when it changes. Version 1. */
export interface RedactSession {
  readonly secrets: SecretDigests;
  /** Places on a page that showed something redacted; later pictures of that page show it too. Newest last. */
  readonly places: readonly { readonly page: string; readonly rect: Rect }[];
}

/** A step whose words are safe, and what is asked of its picture. */
export interface RedactedStep {
  readonly step: SafeStep;
  readonly picture?: PictureRequest;
}

/** What redact keeps of a field that was typed into, under session key and field. Version 1. */
export interface RedactField {
  /** Once a password, always one. */
  readonly isProtected: boolean;
  /** Steps that were sent on with a value, to be taken back when the field turns out to be protected. Redacted already. */
  readonly steps: readonly RedactedStep[];
}

export const emptySession: RedactSession = { secrets: [], places: [] };
export const emptyField: RedactField = { isProtected: false, steps: [] };

const maxPlaceCount = 64;
const maxFieldStepCount = 8;

export function withPlace(session: RedactSession, page: string, rect: Rect): RedactSession {
  const known = session.places.some((place) => place.page === page && sameRect(place.rect, rect));
  return known ? session : { ...session, places: [...session.places, { page, rect }].slice(-maxPlaceCount) };
}

export function placesOf(session: RedactSession, page: string): readonly Rect[] {
  return session.places.filter((place) => place.page === page).map((place) => place.rect);
}

/** The step in its newest form, the others as they were. */
export function withStep(field: RedactField, redacted: RedactedStep): RedactField {
  const others = field.steps.filter((one) => one.step.stepId !== redacted.step.stepId);
  return { ...field, steps: [...others, redacted].slice(-maxFieldStepCount) };
}

export function withoutStep(field: RedactField, stepId: string): RedactField {
  const others = field.steps.filter((one) => one.step.stepId !== stepId);
  return others.length === field.steps.length ? field : { ...field, steps: others };
}

/** One page, whatever its query says: origin and path. */
export function pageOf(step: StepDraft): string {
  return digest(step.page?.url.replace(/[?#].*$/s, '') ?? '');
}

/** The same field of the same page has the same id. */
export function fieldIdOf(step: StepDraft, target: Target): string {
  return digest([pageOf(step), target.ref ?? target.selector ?? `${target.role} ${target.name}`].join('\n'));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Equal requests have one id. */
export function pictureIdOf(picture: PictureRequest): string {
  return digest(JSON.stringify(picture));
}

function sameRect(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}
