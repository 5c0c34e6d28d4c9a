import type { EventKind } from '../../schemas/types/capture-event.ts';
import type { SessionMessage } from '../model.ts';
import { onFile, onInput } from './rules/field-rules.ts';
import { onKeyDown } from './rules/key-rules.ts';
import { nameOpenedPage, onMarker, onNavigation, onTab, onWindow } from './rules/page-rules.ts';
import { onScreenshot, onScreenshotMissing, onUndo } from './rules/picture-rules.ts';
import { onClick, onContextMenu, onDrag, onPointerDown, onPointerUp, settleOverduePress, settlePress } from './rules/pointer-rules.ts';
import { pageOf, type EventMessage } from './new-step.ts';
import { StepRun, type TimedDraft } from './step-run.ts';
import { emptyBoundaryState, type BoundaryState, type StepTail } from './step-state.ts';

type Rule = (run: StepRun, message: EventMessage) => void;

/** Kinds without a rule make no step: focus, blur, submit, clipboard, scroll, hover, and kinds of a newer contract. */
const rules: Partial<Record<EventKind, Rule>> = {
  'pointer.down': onPointerDown,
  'pointer.up': onPointerUp,
  click: onClick,
  'context.menu': onContextMenu,
  drag: onDrag,
  'key.down': onKeyDown,
  input: onInput,
  change: onInput,
  'file.chosen': onFile,
  navigation: onNavigation,
  tab: onTab,
  window: onWindow,
  marker: onMarker,
  screenshot: onScreenshot,
  'screenshot.missing': onScreenshotMissing,
  undo: onUndo,
};

export interface BoundaryResult {
  readonly state: BoundaryState;
  readonly out: readonly TimedDraft[];
}

/**
 * Turns the ordered events of a session into steps (DESIGN §5.2). Pure but for `tail`, which holds older steps. The whole step leaves each
 * time it changes; what a rule means stands in README.md.
 */
export function stepBoundary(before: BoundaryState | undefined, message: SessionMessage, atMs: number, tail: StepTail): BoundaryResult {
  const run = new StepRun(message.session, before ?? emptyBoundaryState, tail);
  run.expireHold(atMs);
  if (message.type === 'session') onSession(run, message, atMs);
  else onEvent(run, message);
  return { state: run.state, out: run.out() };
}

function onSession(run: StepRun, message: Extract<SessionMessage, { type: 'session' }>, atMs: number): void {
  if (message.closed) {
    run.advance(message.upsert.revision.ordinal);
    settlePress(run, closing(message, atMs));
    run.finalizeLast(atMs);
  }
  run.pass(atMs, message);
}

/** Stands for the event that a press without click is settled by when the recording ends. */
function closing(message: Extract<SessionMessage, { type: 'session' }>, atMs: number): EventMessage {
  const { ordinal } = message.upsert.revision;
  return { type: 'event', session: message.session, ordinal, atMs, event: { seq: ordinal, atMs, kind: 'session.finished' } };
}

function onEvent(run: StepRun, message: EventMessage): void {
  const { event } = message;
  run.advance(message.ordinal);
  if (event.kind === 'edit' || event.kind === 'title.answer') {
    return run.pass(message.atMs, { type: 'fact', session: message.session, ordinal: message.ordinal, event });
  }
  settleOverduePress(run, message);
  const page = pageOf(event);
  if (page !== undefined && event.page?.framePath === undefined && event.kind !== 'window') {
    run.state = { ...run.state, page };
    nameOpenedPage(run, page, message.atMs);
  }
  rules[event.kind]?.(run, message);
}
