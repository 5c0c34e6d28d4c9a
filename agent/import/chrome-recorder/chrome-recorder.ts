import type { ImportContext } from '../import-limits.ts';
import { parsed, refused, type ImportedRecording, type Parsed } from '../import-result.ts';
import { isObject } from '../json-text.ts';
import { createStepReader } from './step-reader.ts';

/** What the recorder calls a recording that nobody named. */
const defaultTitle = /^Recording \d/;

/**
 * A recording of the Chrome DevTools Recorder (@puppeteer/replay's schema): `{title, steps[{type, …}]}`. It has no times, so steps stand one
 * second apart, and no pictures. Values of fields whose selectors look secret are left out.
 */
export function importChromeRecorder(document: unknown, context: ImportContext): Parsed<ImportedRecording> {
  const steps = isObject(document) ? document['steps'] : undefined;
  if (!isObject(document) || !Array.isArray(steps)) return refused('must be an array of steps', { field: 'steps' });
  const reader = createStepReader(context);
  for (const [index, step] of steps.entries()) {
    const fault = reader.read(step, `steps[${index}]`);
    if (fault !== undefined) return { ok: false, fault };
    if (reader.events().length > context.limits.eventCount)
      return refused(`more than ${context.limits.eventCount} events`, { field: 'steps' });
  }
  const title = document['title'];
  const isNamed = typeof title === 'string' && title !== '' && !defaultTitle.test(title);
  return parsed({
    format: 'chrome-recorder',
    ...(isNamed ? { title: title.slice(0, context.limits.textLength) } : {}),
    agent: { name: 'import-chrome-recorder', version: '1' },
    startedAtMs: context.startedAtMs,
    events: reader.events(),
  });
}
