// Generated from schemas/avro by schemas/codegen; change the .avsc files and run the generator (see docs/events.md).

/** A record of `capture.events.v1`, key `tenantId/sessionId`: consecutive events of one session, acked, deduplicated and sealed as one. */
export interface CaptureChunk {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly deviceId: string;
  /** Ingest's clock. */
  readonly receivedAtMs: number;
  readonly events: readonly CaptureEvent[];
}

export interface CaptureEvent {
  /** 1, 2, 3 … a session, without holes, in the order things happened. 0 is `session.opened`. Facts written by the platform repeat the last applied seq. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch, the agent's clock, unchanged. */
  readonly atMs: number;
  readonly kind: EventKind;
  readonly page?: Page;
  readonly target?: Target;
  readonly pointer?: Pointer;
  readonly drag?: Point;
  readonly key?: Key;
  readonly input?: Input;
  readonly navigation?: Navigation;
  readonly tab?: Tab;
  readonly screenshot?: Screenshot;
  /** `screenshot.missing`, `undo`: which event. */
  readonly ofSeq?: number;
  readonly reason?: string;
  readonly note?: string;
  readonly opened?: SessionOpened;
  readonly idle?: SessionIdle;
  readonly answer?: TitleAnswer;
  readonly edit?: HumanEdit;
}

export type EventKind =
  /** Written by ingest, seq 0; carries `opened`. */
  | 'session.opened'
  /** The person paused: nothing is sent until `session.resumed`. */
  | 'session.paused'
  /** The recording goes on. */
  | 'session.resumed'
  /** Last event of the agent, or written by ingest when the agent asked for it. */
  | 'session.finished'
  /** A fact written by the task that owns the session (T3); carries `idle`. */
  | 'session.idle'
  /** Carries target, pointer. */
  | 'pointer.down'
  /** The button was released. */
  | 'pointer.up'
  /** `pointer.clickCount` is 1, 2 … */
  | 'click'
  /** A click of the right button, or the menu key. */
  | 'context.menu'
  /** From `pointer` to `drag`. */
  | 'drag'
  /** Shortcuts, Enter, Escape, Tab; printable keys only with a modifier; never in a protected field. */
  | 'key.down'
  /** The field's value changed; carries target, input (whole value, or its class only). */
  | 'input'
  /** The field was committed: checkbox, radio, select, blur after typing. */
  | 'change'
  /** A field got the focus. */
  | 'focus'
  /** A field lost the focus. */
  | 'blur'
  /** A form was submitted. */
  | 'submit'
  /** `input.text` holds file names joined by ", ". */
  | 'file.chosen'
  /** Copy, cut, paste; never the content. */
  | 'clipboard'
  /** The page or its address changed; `navigation.cause` says why. */
  | 'navigation'
  /** Carries tab: opened, activated, closed. */
  | 'tab'
  /** Not a step; told for completeness. */
  | 'scroll'
  /** Not a step; told for completeness. */
  | 'hover'
  /** Desktop: another application came to the front; `page.title` is the window title. */
  | 'window'
  /** Carries `screenshot`, the picture of event `screenshot.ofSeq`. */
  | 'screenshot'
  /** The agent could not take or upload it; carries ofSeq, reason. */
  | 'screenshot.missing'
  /** The person took the last step back. */
  | 'undo'
  /** The person asked for a step here (manual capture); `note` is its text. */
  | 'marker'
  /** A model's answer; carries `answer`. */
  | 'title.answer'
  /** A human edit; carries `edit`. */
  | 'edit'
  /** A kind of a newer contract: kept, counted, skipped. */
  | 'unknown';

export interface Page {
  readonly url: string;
  readonly title: string;
  readonly tabId?: string;
  /** Path of frames from the top, empty for the top frame. */
  readonly framePath?: string;
  readonly viewport?: Size;
  readonly devicePixelRatio?: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The element, as the person sees it, taken at pointerdown or beforeinput. */
export interface Target {
  /** ARIA role, explicit or implied: button, link, textbox, checkbox, radio, combobox, option, tab, menuitem, … or `generic`. */
  readonly role: string;
  /** Accessible name (accname), whitespace folded, never an identifier. Empty when there is none. */
  readonly name: string;
  /** Where the name came from: aria-label, label, content, placeholder, alt, title, value, ancestor, none. */
  readonly nameSource?: string;
  readonly rect?: Rect;
  readonly selector?: string;
  /** Stable within a page: the same element has the same ref in all events of the page. */
  readonly ref?: string;
  /** Lower-case tag, with the input type: `input:checkbox`. */
  readonly tag?: string;
  /** Nearest heading, landmark, group or dialog that has a name. */
  readonly context?: string;
  /** Password, one-time code, card field, or marked by the page or a policy: nothing of its value was read. */
  readonly protected?: boolean;
  readonly checked?: boolean;
  readonly expanded?: boolean;
}

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Pointer {
  readonly x: number;
  readonly y: number;
  readonly button: PointerButton;
  readonly clickCount?: number;
  readonly modifiers?: readonly Modifier[];
}

export type PointerButton =
  | 'left'
  | 'middle'
  | 'right';

export type Modifier =
  | 'Alt'
  | 'Control'
  | 'Meta'
  | 'Shift';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Key {
  /** DOM `KeyboardEvent.key`. */
  readonly key: string;
  readonly modifiers?: readonly Modifier[];
}

export interface Input {
  /** What the value is: `text` (in `text`), `secret` (never sent), `choice` (option label in `text`), `boolean` (in `checked`), `file`, `empty`. */
  readonly valueClass: ValueClass;
  readonly text?: string;
  readonly checked?: boolean;
}

export type ValueClass =
  | 'text'
  | 'secret'
  | 'choice'
  | 'boolean'
  | 'file'
  | 'empty';

export interface Navigation {
  readonly url: string;
  readonly title?: string;
  /** link, form, typed, reload, back, forward, back_forward (which of the two is not known), script, spa */
  readonly cause: string;
}

export interface Tab {
  readonly change: TabChange;
  readonly tabId: string;
  readonly title?: string;
  readonly url?: string;
}

export type TabChange =
  | 'opened'
  | 'activated'
  | 'closed';

/** Claim check: the bytes are in the object store, unredacted, in quarantine, sealed. */
export interface Screenshot {
  /** The event that the picture shows; one event may have one `before` and one `after`. */
  readonly ofSeq: number;
  readonly phase: ScreenshotPhase;
  /** Hex. Also the name under which ingest stored it: `quarantine/<tenant>/<session>/<sha256>`. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly mediaType: ImageMediaType;
  /** Image pixels. */
  readonly width: number;
  /** Image pixels. */
  readonly height: number;
  /** Image pixels per CSS pixel. */
  readonly scale: number;
  /** CSS pixels: union of the protected rectangles before and after the shot. */
  readonly masks: readonly Rect[];
  /** The recorder looked for structured personal data in the page's own text and fields, and `masks` cover it. */
  readonly personalDataMasked?: boolean;
}

export type ScreenshotPhase =
  | 'before'
  | 'after';

export type ImageMediaType =
  | 'image/png'
  | 'image/jpeg'
  | 'image/webp';

export interface SessionOpened {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly title?: string;
  readonly agent: AgentInfo;
  /** Added to every `atMs` of the session (T4): server time at open less agent time at open. */
  readonly clockSkewMs: number;
  readonly policy: Policy;
}

export interface AgentInfo {
  readonly name: string;
  readonly version: string;
  readonly platform?: string;
}

/** Copied into the session when it opens, so that a replay redacts as the live run did. */
export interface Policy {
  readonly policyId: string;
  readonly version: number;
  /** Redaction kinds that are on; see processors/redact/README.md. */
  readonly redact: readonly string[];
  /** `mask`: replaced by a label like [e-mail]. `drop`: the whole value. */
  readonly mode: RedactionMode;
  readonly idleAfterMs: number;
  readonly maxEvents: number;
  readonly modelTitles: boolean;
}

export type RedactionMode =
  | 'mask'
  | 'drop';

export interface SessionIdle {
  /** Ignored when a later seq stands before it. */
  readonly afterSeq: number;
}

export interface TitleAnswer {
  readonly requestId: string;
  readonly stepId?: string;
  readonly title: string;
  readonly model: string;
}

export interface HumanEdit {
  readonly editId: string;
  readonly author: string;
  readonly op: EditOp;
  readonly stepId?: string;
  readonly text?: string;
}

export type EditOp =
  | 'title'
  | 'description'
  | 'delete'
  | 'restore'
  | 'guide-title'
  | 'guide-summary';
