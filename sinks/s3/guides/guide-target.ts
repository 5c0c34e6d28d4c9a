import type { ObjectStore } from '../../../processors/ports/object-store.ts';
import type { Serde } from '../../../schemas/serde.ts';
import type { Guide } from '../../../schemas/types/guide.ts';
import { silentMetrics } from '../../../topology/base/metrics.ts';
import type { Metrics } from '../../../topology/base/metrics.ts';
import { inParallel } from '../../runner/in-parallel.ts';
import type { SinkTarget } from '../../runner/sink-target.ts';
import { createObjectPositions } from '../object-positions.ts';
import { pointerPosition } from './guide-pointer.ts';
import { GuidePublisher } from './guide-publisher.ts';

export interface GuideTargetOptions {
  /** Holds the derivatives and takes the documents. Not closed with the target. */
  readonly store: ObjectStore;
  readonly guides: Serde<Guide>;
  readonly topic?: string;
  /** How often the topic was created anew under this store. Default 0. */
  readonly topicEpoch?: bigint;
  readonly metrics?: Metrics;
}

/** Each holds its pictures in memory while its page is made. */
const mostGuidesAtATime = 8;

/** Carries finished guides into the object store. */
export function createGuideTarget(options: GuideTargetOptions): SinkTarget<Guide> {
  const { store, guides, topic = 'guide.finished.v1', topicEpoch = 0n } = options;
  const publisher = new GuidePublisher(store);
  const positions = createObjectPositions(store, 'guides');
  const missing = (options.metrics ?? silentMetrics).counter(
    'sink_guide_images_missing_total',
    'Pictures that a guide names and the object store does not have.',
  );
  return {
    name: 'guides',
    topics: [topic],
    decode: (_topic, { key, value }) => (value === null ? undefined : guides.deserialize(value, key ?? Buffer.alloc(0))),
    positions: () => positions.read(),
    async apply({ rows, ranges }) {
      // Of several guides of one session in a batch only the last can stay current.
      const newest = new Map(rows.map((row) => [`${row.row.tenantId}/${row.row.sessionId}`, row]));
      await inParallel([...newest.values()], mostGuidesAtATime, async ({ row, offset }) => {
        const missingCount = await publisher.publish(row, pointerPosition(topicEpoch, offset));
        if (missingCount > 0) missing.add(missingCount);
      });
      await positions.write(ranges);
    },
    forget: (tenantId, sessionId) => publisher.forget(tenantId, sessionId),
    close: async () => {},
  };
}
