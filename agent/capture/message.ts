import type { CaptureEvent, Rect } from '../../schemas/types/capture-event.ts';

/** What the page hands to its host (extension, recorder command): an event without its seq, which the host gives across tabs. */
export interface PageMessage {
  readonly event: Omit<CaptureEvent, 'seq'>;
  /** The host should take a picture for this event and send a `screenshot` event of its seq. */
  readonly shot?: ShotRequest;
}

/** `before`: as the page looked when the event happened, before its handlers ran; `after`: once it has settled. */
export interface ShotRequest {
  readonly phase: 'before' | 'after';
  /** Protected rectangles seen during the last second, CSS pixels; the host adds those that stand after the shot. */
  readonly masks: readonly Rect[];
}

/** How the page reaches its host. Never throws; a host that is gone loses messages, which the host counts as missed. */
export type Emit = (message: PageMessage) => void;
