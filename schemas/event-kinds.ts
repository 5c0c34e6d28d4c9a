import type { CaptureEvent, EventKind } from './types/capture-event.ts';

/** The fields that give a kind its meaning; `seq`, `atMs`, `kind` and `page` belong to all. */
export type KindField = Exclude<keyof CaptureEvent, 'seq' | 'atMs' | 'kind' | 'page'>;

export interface EventKindRule {
  /** `agent`: what a recorder sends. `platform`: facts that only the platform writes; ingest refuses them from agents. */
  readonly writer: 'agent' | 'platform';
  /** An event without one of these is refused. */
  readonly required: readonly KindField[];
  /** What the kind usually carries besides. Others are kept but have no meaning there. */
  readonly optional: readonly KindField[];
}

const agent = (required: readonly KindField[], optional: readonly KindField[] = []): EventKindRule => ({
  writer: 'agent',
  required,
  optional,
});
const platform = (required: readonly KindField[]): EventKindRule => ({ writer: 'platform', required, optional: [] });

/** What each kind must carry. docs/events.md prints this table; a test keeps the two equal. */
export const eventKindRules: Readonly<Record<EventKind, EventKindRule>> = {
  'session.opened': platform(['opened']),
  'session.paused': agent([]),
  'session.resumed': agent([]),
  'session.finished': agent([], ['reason']),
  'session.idle': platform(['idle']),
  'pointer.down': agent([], ['target', 'pointer']),
  'pointer.up': agent([], ['target', 'pointer']),
  click: agent([], ['target', 'pointer']),
  'context.menu': agent([], ['target', 'pointer']),
  drag: agent(['drag'], ['target', 'pointer']),
  'key.down': agent(['key'], ['target']),
  input: agent(['target', 'input']),
  change: agent(['target', 'input']),
  focus: agent([], ['target']),
  blur: agent([], ['target']),
  submit: agent([], ['target']),
  'file.chosen': agent(['input'], ['target']),
  clipboard: agent([], ['target', 'reason']),
  navigation: agent(['navigation']),
  tab: agent(['tab']),
  scroll: agent([], ['target']),
  hover: agent([], ['target', 'pointer']),
  window: agent([]),
  screenshot: agent(['screenshot']),
  'screenshot.missing': agent(['ofSeq', 'reason']),
  undo: agent([], ['ofSeq']),
  marker: agent([], ['note', 'target']),
  'title.answer': platform(['answer']),
  edit: platform(['edit']),
  unknown: agent([]),
};
