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

export interface ViewPlace {
  /** May be called again once the views are closed. */
  readonly open: () => Promise<Views>;
  /** See SinkUnderTest. */
  readonly openDying: ((doneCount: number) => Promise<Views>) | 'one-write';
  readonly end: () => Promise<void>;
}

/** The view sink on these views. */
export function viewSink({ open, openDying, end }: ViewPlace): SinkUnderTest<ViewRow> {
  const effect = async (): Promise<unknown> => {
    const views = await open();
    const snapshot = await views.liveSteps('acme', 's1');
    const seen = [
      typeof snapshot === 'object' ? { ...snapshot, position: undefined } : snapshot,
      await views.guide('acme', 's1'),
      await views.listSessions('acme', { limitCount: 9 }),
      await views.listGuides('acme', { limitCount: 9 }),
    ];
    await views.close();
    return seen;
  };
  return {
    open: async () => createViewTarget(await open(), serdes),
    openDying: openDying === 'one-write' ? openDying : async (doneCount) => createViewTarget(await openDying(doneCount), serdes),
    effect,
    end,
  };
}
