import type { InputRecords } from './input.ts';
import type { Measured } from './measured.ts';
import { perSecond } from './measured.ts';
import type { Contestant } from './scenarios.ts';
import { commitLatencies } from './throughput-run.ts';
import type { Workbench } from './workbench.ts';

const sendEveryMs = 20;

/** Input at a fixed rate, well below what the process can do: what a commit takes when it is not the bottleneck. */
export async function runPaced(bench: Workbench, input: InputRecords, contestant: Contestant, round: number): Promise<Measured> {
  const { recordCount, recordsPerSec = 1_000 } = bench.scenario;
  const order = bench.order(contestant, String(round));
  await bench.createTopic(order.output);
  const app = bench.start(contestant, order);
  const producer = await bench.log.openProducer();
  const from = (round - 1) * recordCount;
  try {
    await bench.committed(order, from, app);
    const startedAtMs = performance.now();
    const startedCpuSec = app.cpuSec();
    for (let sent = 0; sent < recordCount;) {
      const due = Math.min(recordCount, Math.floor(((performance.now() - startedAtMs) / 1000) * recordsPerSec));
      const records = Array.from({ length: due - sent }, (_, index) => input.record(bench.input, from + sent + index));
      await producer.send(records);
      sent = due;
      await new Promise((resolve) => setTimeout(resolve, sendEveryMs));
    }
    const end = await bench.committed(order, from + recordCount, app);
    const cpuSec = app.cpuSec() - startedCpuSec;
    await app.end();
    const values = { ...commitLatencies(app), recordsPerCpuSec: perSecond(end - from, cpuSec) };
    return { contestant, round, values, outcome: undefined, notes: app.notes() };
  } finally {
    await producer.close();
    await app.kill();
    await bench.discard(order);
  }
}
