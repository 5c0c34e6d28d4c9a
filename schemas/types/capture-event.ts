/**
 * The event contract (docs/events.md). JSON Lines of `CaptureEvent` is the exchange format `events`; in the log, consecutive events of one
 * session travel as one `CaptureChunk`. All rects and points are CSS pixels of the top viewport; times are the agent's clock.
 */
export type EventKind =
  // life of a recording
  | 'session.opened' // written by ingest, seq 0, carries `opened`
  | 'session.paused'
  | 'session.resumed'
  | 'session.finished' // last event of the agent, or written by ingest when the agent asked for it
  | 'session.idle' // a fact written by the task that owns the session (T3), carries `idle`
  // what the person did
  | 'pointer.down' // carries target, pointer
  | 'pointer.up'
  | 'click' // pointer.clickCount: 1, 2 …
  | 'context.menu'
  | 'drag' // from `pointer` to `drag`
  | 'key.down' // shortcuts, Enter, Escape, Tab; printable keys only with a modifier; never in a protected field
  | 'input' // the field's value changed; carries target, input (whole value, or its class only)
  | 'change' // the field was committed: checkbox, radio, select, blur after typing
  | 'focus'
  | 'blur'
  | 'submit'
  | 'file.chosen' // input.text: file names joined by ", "
  | 'clipboard' // copy, cut, paste; never the content
  | 'navigation'
  | 'tab' // carries tab: opened, activated, closed
  | 'scroll'
  | 'hover'
  | 'window' // desktop: another application came to the front; page.title is the window title
  // what belongs to other events
  | 'screenshot' // carries screenshot, of event `ofSeq`
  | 'screenshot.missing' // the agent could not take or upload it; carries ofSeq, reason
  | 'undo' // the person took the last step back
  | 'marker' // the person asked for a step here (manual capture), `note` is its text
  // facts that come back
  | 'title.answer' // a model's answer (DESIGN §5.5)
  | 'edit' // a human edit
  | 'unknown'; // a kind of a newer contract: kept, counted, skipped

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
  /** `screenshot.missing`, `undo`: which event; */
  readonly ofSeq?: number;
  readonly reason?: string;
  readonly note?: string;
  readonly opened?: SessionOpened;
  readonly idle?: { readonly afterSeq: number };
  readonly answer?: TitleAnswer;
  readonly edit?: HumanEdit;
}

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
export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Rect {
  readonly x: number;
  readonly y: number;
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

export interface Pointer extends Point {
  readonly button: 'left' | 'middle' | 'right';
  readonly clickCount?: number;
  readonly modifiers?: readonly Modifier[];
}
export type Modifier = 'Alt' | 'Control' | 'Meta' | 'Shift';
export interface Key {
  /** DOM `KeyboardEvent.key`. */
  readonly key: string;
  readonly modifiers?: readonly Modifier[];
}

export interface Input {
  /** What the value is: `text` (in `text`), `secret` (never sent), `choice` (option label in `text`), `boolean` (in `checked`), `file`, `empty`. */
  readonly valueClass: 'text' | 'secret' | 'choice' | 'boolean' | 'file' | 'empty';
  readonly text?: string;
  readonly checked?: boolean;
}

export interface Navigation {
  readonly url: string;
  readonly title?: string;
  /** link, form, typed, reload, back_forward, script, spa */
  readonly cause: string;
}
export interface Tab {
  readonly change: 'opened' | 'activated' | 'closed';
  readonly tabId: string;
  readonly title?: string;
  readonly url?: string;
}

/** Claim check: the bytes are in the object store, unredacted, in quarantine, sealed. */
export interface Screenshot {
  /** The event that the picture shows; one event may have one `before` and one `after`. */
  readonly ofSeq: number;
  readonly phase: 'before' | 'after';
  /** Hex. Also the name under which ingest stored it: `quarantine/<tenant>/<session>/<sha256>`. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/webp';
  /** Image pixels. */
  readonly width: number;
  readonly height: number;
  /** Image pixels per CSS pixel. */
  readonly scale: number;
  /** CSS pixels: union of the protected rectangles before and after the shot. */
  readonly masks: readonly Rect[];
}

export interface SessionOpened {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly title?: string;
  readonly agent: { readonly name: string; readonly version: string; readonly platform?: string };
  /** Added to every `atMs` of the session (T4): server time at open less agent time at open. */
  readonly clockSkewMs: number;
  readonly policy: Policy;
}

/** Copied into the session when it opens, so that a replay redacts as the live run did. */
export interface Policy {
  readonly policyId: string;
  readonly version: number;
  /** Redaction kinds that are on; see processors/redact/README.md. */
  readonly redact: readonly string[];
  /** `mask`: replaced by a label like [e-mail]. `drop`: the whole value. */
  readonly mode: 'mask' | 'drop';
  readonly idleAfterMs: number;
  readonly maxEvents: number;
  readonly modelTitles: boolean;
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
  readonly op: 'title' | 'description' | 'delete' | 'restore' | 'guide-title' | 'guide-summary';
  readonly stepId?: string;
  readonly text?: string;
}

/** A record of `capture.events.v1`, key `tenantId/sessionId`: acked, deduplicated and sealed as one. */
export interface CaptureChunk {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly deviceId: string;
  /** Ingest's clock. */
  readonly receivedAtMs: number;
  readonly events: readonly CaptureEvent[];
}
