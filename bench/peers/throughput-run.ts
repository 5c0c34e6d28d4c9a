import { percentile, rounded } from '../live/percentile.ts';
import type { AppProcess } from './app-process.ts';
import type { Measured } from './measured.ts';
import { perSecond } from './measured.ts';
import { outcomeOf } from './outcome.ts';
import type { Contestant } from './scenarios.ts';
import type { Workbench } from './workbench.ts';

/** One process from its start, start included, until it has committed the whole input; the second half apart, when compilers are warm. */
export async function runThroughput(bench: Workbench, contestant: Contestant, round: number): Promise<Measured> {
  const { recordCount } = bench.scenario;
  const order = bench.order(contestant, String(round));
  await bench.createTopic(order.output);
  const app = bench.start(contestant, order);
  const look = async (count: number) => ({
    count: await bench.committed(order, count, app),
    cpuSec: app.cpuSec(),
    atMs: performance.now(),
  });
  try {
    const half = await look(recordCount / 2);
    const end = await look(recordCount);
    await app.end();
    return {
      contestant,
      round,
      values: {
        recordsPerCpuSec: perSecond(end.count, end.cpuSec),
        recordsPerSec: perSecond(end.count, (end.atMs - app.startedAtMs) / 1000),
        secondHalfPerCpuSec: perSecond(end.count - half.count, end.cpuSec - half.cpuSec),
        secondHalfPerSec: perSecond(end.count - half.count, (end.atMs - half.atMs) / 1000),
        ...commitLatencies(app),
      },
      outcome: await outcomeOf(bench.log, order.output),
      notes: app.notes(),
    };
  } finally {
    await app.kill();
    await bench.discard(order);
  }
}

/** Ours says them; Kafka Streams has averages only. The first tenth warms up. */
export function commitLatencies(app: AppProcess): Readonly<Record<string, number>> {
  const said = app.heard('commits')[0]?.words.slice(1).map(Number) ?? [];
  const counted = said.slice(Math.floor(said.length / 10));
  if (counted.length === 0) return {};
  return {
    commitP50Ms: rounded(percentile(counted, 0.5)),
    commitP99Ms: rounded(percentile(counted, 0.99)),
    commitCount: counted.length,
  };
}
