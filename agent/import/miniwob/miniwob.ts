import type { ImportContext } from '../import-limits.ts';
import { parsed, refused, type ImportedRecording, type Parsed } from '../import-result.ts';
import { isObject } from '../json-text.ts';
import { createPageObserver } from './page-observer.ts';
import { readState } from './raw-state.ts';

/**
 * Recordings of the MiniWoB++ demonstrations: raw DOM events, each twice, with the whole DOM. Only `states` is read: the task, its utterance
 * and its reward are never looked at, for a guide must come from what was done.
 */
export function importMiniwob(document: unknown, context: ImportContext): Parsed<ImportedRecording> {
  const states = isObject(document) ? document['states'] : undefined;
  if (!Array.isArray(states)) return refused('must be an array of states', { field: 'states' });
  const observer = createPageObserver(context.startedAtMs);
  for (const [index, raw] of states.entries()) {
    const state = readState(raw, index);
    if (!state.ok) return state;
    observer.see(state.value);
    if (observer.eventCount() > context.limits.eventCount) {
      return refused(`more than ${context.limits.eventCount} events`, { field: `states[${index}]` });
    }
  }
  return parsed({
    format: 'miniwob',
    agent: { name: 'import-miniwob', version: '1' },
    startedAtMs: context.startedAtMs,
    events: observer.finish(),
  });
}
