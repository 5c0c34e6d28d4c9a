import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import type { MaskTimeline } from './mask-timeline.ts';

/** What the page hands to its host (extension, recorder command): an event without its seq, which the host gives across tabs. */
export interface PageMessage {
  readonly event: Omit<CaptureEvent, 'seq'>;
  /** The host should take a picture for this event and send a `screenshot` event of its seq. */
  readonly shot?: ShotRequest;
}

export interface ShotRequest {
  /** What the picture shows: the page before the action of the event, or with its effect. */
  readonly phase: 'before' | 'after';
  /** Which picture has it: the last one painted before the event (typing shows its text by then), or one taken when the page is quiet again. */
  readonly moment: 'painted' | 'settled';
  /** What had to be covered when, in the document of the event and those of the same origin inside it, until the event. */
  readonly timeline: MaskTimeline;
}

/** How the page reaches its host. Never throws; a host that is gone loses messages, which the host counts as missed. */
export type Emit = (message: PageMessage) => void;
