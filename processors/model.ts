import type { CaptureChunk, CaptureEvent, Policy, Point, Rect, Screenshot, Target } from '../schemas/types/capture-event.ts';
import type { Guide, RedactionCount, Revision, SessionUpsert, StepImage, StepKind, StepUpsert } from '../schemas/types/guide.ts';
import type { TitleRequest } from '../schemas/types/usage.ts';

/**
 * What flows between the five processors, inside one task. Everything after `redact` is safe to show; nothing before it may reach a topic
 * other than sealed changelogs. The record key is always `tenantId/sessionId`; the record time is skew-corrected event time.
 */

/** What every node may need to know of the session; the same values in every message of it. */
export interface SessionInfo {
  readonly tenantId: string;
  readonly sessionId: string;
  /** Skew-corrected. */
  readonly openedAtMs: number;
  readonly title?: string;
  readonly policy: Policy;
}

/** sessionize → step-boundary: events once, in order. */
export type SessionMessage =
  | { readonly type: 'event'; readonly session: SessionInfo; readonly ordinal: number; readonly atMs: number; readonly event: CaptureEvent }
  | SessionChanged;

/** The declared feedback edge of T3: goes to `capture.events` and nowhere else. */
export interface IdleFact {
  readonly type: 'idle-fact';
  readonly chunk: CaptureChunk;
}

/** What sessionize forwards: to step-boundary, and facts to the log. */
export type SessionizeOutput = SessionMessage | IdleFact;

/** Passes all nodes unchanged and in order; title adds the guide's title. `closed`: nothing but facts and edits follows (until it reopens). */
export interface SessionChanged {
  readonly type: 'session';
  readonly session: SessionInfo;
  readonly upsert: SessionUpsert;
  readonly closed: boolean;
}

/** Passed from step-boundary on, unchanged, for title: answers and edits. */
export interface FactMessage {
  readonly type: 'fact';
  readonly session: SessionInfo;
  readonly ordinal: number;
  readonly event: CaptureEvent;
}

/** step-boundary → redact: the whole step anew each time it changes. Raw: names and values are not redacted yet. */
export interface StepDraft {
  readonly stepId: string;
  readonly revision: Revision;
  readonly state: 'provisional' | 'final' | 'removed';
  readonly order: number;
  readonly kind: StepKind;
  readonly target?: Target;
  /** Typed or chosen text, key name, file names, note. Absent for secrets. */
  readonly value?: string;
  readonly page?: { readonly url: string; readonly title: string };
  /** CSS pixels. */
  readonly click?: Point;
  /** The picture that shows this step: before the action, after it for toggles. */
  readonly shot?: Screenshot;
  readonly shotMissing?: string;
  /** Milliseconds since the session opened. */
  readonly atMs: number;
}

export type DraftMessage =
  | { readonly type: 'step'; readonly session: SessionInfo; readonly step: StepDraft }
  | SessionChanged
  | FactMessage;

/** What redact says of a step's picture: no words, CSS pixels. */
export interface PictureRequest {
  readonly shot: Screenshot;
  readonly click?: Point;
  readonly highlight?: Rect;
  /** Covered on whichever picture is shown. */
  readonly hidden: readonly Rect[];
  /** Showed something redacted on this page before; not needed on a picture whose recorder masked such places itself. */
  readonly places: readonly Rect[];
}

/** redact → phash-dedupe: words are safe, the picture is still to be made. */
export type RedactedMessage =
  | { readonly type: 'step'; readonly session: SessionInfo; readonly step: SafeStep; readonly picture?: PictureRequest }
  | SessionChanged
  | FactMessage;

/** phash-dedupe → image stage: which kept image the step shows. */
export interface ChosenImage {
  /** sha256 of the source picture that stands for this one. */
  readonly shot: Screenshot;
  readonly sharedWithStepId?: string;
}
export type ImagedMessage =
  | {
      readonly type: 'step';
      readonly session: SessionInfo;
      readonly step: SafeStep;
      readonly picture?: PictureRequest;
      readonly chosen?: ChosenImage;
    }
  | SessionChanged
  | FactMessage;

/** redact → title: names, values, urls and image are safe to show. */
export interface SafeStep extends Omit<StepDraft, 'shot' | 'target' | 'click' | 'shotMissing'> {
  readonly target: { readonly name: string; readonly role: string; readonly context?: string; readonly nameSource?: string };
  /** Names what was asked of the picture nodes: equal ids are answered by equal images. Absent when the step has no picture. */
  readonly pictureId?: string;
  readonly image?: StepImage;
  readonly imageMissing?: string;
  readonly redactions: readonly RedactionCount[];
}

/** redact → title, past the picture nodes: the words of a step whose picture, or that of an earlier step of its session, is still to be made. */
export interface AheadMessage {
  readonly type: 'ahead';
  readonly session: SessionInfo;
  readonly step: SafeStep;
}
export type SafeMessage =
  | { readonly type: 'step'; readonly session: SessionInfo; readonly step: SafeStep }
  | AheadMessage
  | SessionChanged
  | FactMessage;

/** What title forwards to the four output topics. */
export type OutputMessage =
  | { readonly type: 'step'; readonly step: StepUpsert }
  | { readonly type: 'session'; readonly session: SessionUpsert }
  | { readonly type: 'guide'; readonly guide: Guide }
  | { readonly type: 'title-request'; readonly request: TitleRequest };
