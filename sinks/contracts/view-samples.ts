import { createViewTarget, type ViewRow } from '../views/view-target.ts';
import { jsonSerde } from './json-serde.ts';
import type { SinkSamples, SinkUnderTest } from '../test-support/sink-bench.ts';
import { guideRow, revision, sessionRow, stepRow } from './view-fixtures.ts';
import type { Views } from './views-contract.ts';

const serdes = { 'guide.steps.v1': jsonSerde<never>(), 'guide.sessions.v1': jsonSerde<never>(), 'guide.finished.v1': jsonSerde<never>() };

const json = (topic: keyof typeof serdes, row: object): SinkSamples['values'][number] => ({
  topic,
  value: Buffer.from(JSON.stringify(row)),
});

/** A session from its opening to its guide, with a step that changes. */
export const viewSamples: SinkSamples = {
  values: [
    json('guide.sessions.v1', sessionRow()),
    json('guide.steps.v1', stepRow({ revision: revision(1, false), state: 'provisional' })),
    json('guide.steps.v1', stepRow({ revision: revision(2), title: 'Click Save twice' })),
    json('guide.steps.v1', stepRow({ stepId: 'step-2', order: 2 })),
    json('guide.finished.v1', guideRow()),
  ],
};

/** The view sink on these views, which may be opened again once they are closed. */
export function viewSink(open: () => Promise<Views>, end: () => Promise<void>): SinkUnderTest<ViewRow> {
  const effect = async (): Promise<unknown> => {
    const views = await open();
    const snapshot = await views.liveSteps('acme', 's1');
    const seen = [typeof snapshot === 'object' ? { ...snapshot, position: undefined } : snapshot, await views.guide('acme', 's1')];
    await views.close();
    return seen;
  };
  return { open: async () => createViewTarget(await open(), serdes), effect, end };
}
