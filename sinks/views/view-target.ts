import type { Serde } from '../../schemas/serde.ts';
import type { Guide, SessionUpsert, StepUpsert } from '../../schemas/types/guide.ts';
import type { InputRecord } from '../../topology/log/log.ts';
import type { ViewWriter } from '../ports/views.ts';
import type { SinkBatch, SinkTarget } from '../runner/sink-target.ts';

/** One of the three kinds of rows that views hold. */
export type ViewRow =
  | { readonly type: 'step'; readonly row: StepUpsert }
  | { readonly type: 'session'; readonly row: SessionUpsert }
  | { readonly type: 'guide'; readonly row: Guide };

export interface ViewSerdes {
  readonly 'guide.steps.v1': Serde<StepUpsert>;
  readonly 'guide.sessions.v1': Serde<SessionUpsert>;
  readonly 'guide.finished.v1': Serde<Guide>;
}

/** Carries the three guide topics into views, whichever they are; closing it closes the views. */
export function createViewTarget(views: ViewWriter, serdes: ViewSerdes): SinkTarget<ViewRow> {
  return {
    name: 'views',
    topics: Object.keys(serdes),
    decode: (topic, record) => decodeViewRow(serdes, topic, record),
    positions: () => views.positions(),
    apply: (batch) => views.apply(viewBatch(batch)),
    forget: (tenantId, sessionId) => views.forget(tenantId, sessionId),
    close: () => views.close(),
  };
}

function decodeViewRow(serdes: ViewSerdes, topic: string, { key, value }: InputRecord): ViewRow | undefined {
  if (value === null) return undefined;
  const keyBytes = key ?? Buffer.alloc(0);
  switch (topic) {
    case 'guide.steps.v1':
      return { type: 'step', row: serdes[topic].deserialize(value, keyBytes) };
    case 'guide.sessions.v1':
      return { type: 'session', row: serdes[topic].deserialize(value, keyBytes) };
    case 'guide.finished.v1':
      return { type: 'guide', row: serdes[topic].deserialize(value, keyBytes) };
    default:
      return undefined;
  }
}

function viewBatch({ rows, ranges }: SinkBatch<ViewRow>): Parameters<ViewWriter['apply']>[0] {
  const steps: StepUpsert[] = [];
  const sessions: SessionUpsert[] = [];
  const guides: Guide[] = [];
  const offsets = new Map<StepUpsert | SessionUpsert | Guide, bigint>();
  for (const { row, offset } of rows) {
    offsets.set(row.row, offset);
    if (row.type === 'step') steps.push(row.row);
    else if (row.type === 'session') sessions.push(row.row);
    else guides.push(row.row);
  }
  return {
    steps,
    sessions,
    guides,
    offsets,
    positions: ranges.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset })),
  };
}
