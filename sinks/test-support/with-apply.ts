import type { SinkTarget } from '../runner/sink-target.ts';

/** The target with another way to write. */
export function withApply<Row>(target: SinkTarget<Row>, apply: SinkTarget<Row>['apply']): SinkTarget<Row> {
  return {
    name: target.name,
    topics: target.topics,
    decode: (topic, record) => target.decode(topic, record),
    positions: () => target.positions(),
    plannedRanges: async () => (await target.plannedRanges?.()) ?? [],
    forget: (tenantId, sessionId) => target.forget(tenantId, sessionId),
    close: () => target.close(),
    apply,
  };
}
