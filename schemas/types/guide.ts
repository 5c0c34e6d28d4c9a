// Generated from schemas/avro by schemas/codegen; change the .avsc files and run the generator (see docs/events.md).
import type { Point, Rect } from './capture-event.ts';

/** `guide.finished.v1`, key `tenantId/sessionId`; the content of guide.json (docs/guide.schema.json) without image bytes. */
export interface Guide {
  readonly schemaVersion: 1;
  readonly guideId: string;
  readonly tenantId: string;
  readonly sessionId: string;
  readonly revision: Revision;
  readonly title: string;
  readonly summary: string;
  readonly missedEvents: number;
  readonly durationMs: number;
  readonly redactions: readonly RedactionCount[];
  readonly warnings: readonly string[];
  readonly steps: readonly GuideStep[];
}

/** Orders versions of one step or session (T4): the session ordinal of the last applied event, then the timer ordinal, then provisional before final, then what is sent ahead before the whole. */
export interface Revision {
  readonly ordinal: number;
  readonly timer: number;
  readonly final: boolean;
  /** Of a step: its words, sent ahead of the same revision, which waits for pictures. Ranks below it. */
  readonly ahead?: boolean;
}

export interface RedactionCount {
  readonly kind: string;
  readonly count: number;
}

export interface GuideStep {
  /** 1, 2, 3 … */
  readonly order: number;
  readonly stepId: string;
  readonly kind: StepKind;
  readonly title: string;
  readonly description: string;
  readonly target: StepTarget;
  readonly value?: string;
  readonly page?: StepPage;
  readonly image?: StepImage;
  /** Milliseconds since the session opened. */
  readonly atMs: number;
}

export type StepKind =
  | 'click'
  | 'double-click'
  | 'right-click'
  | 'type'
  | 'secret'
  | 'check'
  | 'uncheck'
  | 'select'
  | 'press'
  | 'shortcut'
  | 'drag'
  | 'file'
  | 'navigate'
  | 'tab'
  | 'window'
  | 'note';

export interface StepTarget {
  readonly name: string;
  readonly role: string;
}

export interface StepPage {
  readonly url: string;
  readonly title: string;
}

/** Redacted derivatives in the object store. Keys are unguessable (HMAC) and serve under `/v1/images/<key>`. */
export interface StepImage {
  /** The same image shared by several steps has the same id. */
  readonly imageId: string;
  readonly fullKey: string;
  readonly thumbnailKey: string;
  readonly cropKey?: string;
  readonly annotatedKey?: string;
  readonly width: number;
  readonly height: number;
  /** Image pixels, where the person clicked. */
  readonly click?: Point;
  readonly highlight?: Rect;
}

/** An upsert of `guide.sessions.v1`, key `tenantId/sessionId`. */
export interface SessionUpsert {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly revision: Revision;
  readonly status: SessionStatus;
  /** Of the guide, once known; of the agent before. */
  readonly title: string;
  readonly openedAtMs: number;
  /** Of the latest event, corrected like openedAtMs. */
  readonly lastEventAtMs: number;
  readonly eventCount: number;
  readonly missedEvents: number;
  readonly duplicateEvents: number;
  /** Tenant-visible warnings: quota, clock, unknown kinds, images missing. */
  readonly warnings: readonly string[];
}

export type SessionStatus =
  | 'recording'
  | 'paused'
  | 'idle'
  | 'finished'
  | 'blocked'
  | 'deleted';

/** An upsert of `guide.steps.v1`, key `tenantId/sessionId`: the whole step, redacted, safe to show. */
export interface StepUpsert {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly stepId: string;
  readonly revision: Revision;
  /** `removed` takes the step out of every view; a higher revision may bring it back. */
  readonly state: StepState;
  /** Sort key inside the guide: the session ordinal of the step's first event. Readers number the steps 1, 2, 3 … */
  readonly order: number;
  readonly kind: StepKind;
  readonly title: string;
  readonly description: string;
  readonly target: StepTarget;
  readonly value?: string;
  readonly page?: StepPage;
  readonly image?: StepImage;
  /** A picture of this step is being made; an upsert of a higher revision brings it, or says nothing of one. */
  readonly imagePending?: boolean;
  /** Milliseconds since the session opened, after skew correction. */
  readonly atMs: number;
  readonly redactions: readonly RedactionCount[];
}

export type StepState =
  | 'provisional'
  | 'final'
  | 'removed';
