import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDice } from '../../../topology/testing/dice.ts';
import type { OracleShape } from '../../../topology/testing/oracle/oracle-input.ts';
import { startChaosBroker } from './chaos-broker.ts';
import { planDisturbances } from './disturbances.ts';
import type { DisturbedRun } from './disturbed-run.ts';
import { runDisturbed } from './disturbed-run.ts';
import { createOracleProgram } from './oracle-program.ts';
import { disturbanceRow, header, summary } from './report.ts';

export interface KafkaChaosOptions {
  readonly killCount: number;
  readonly seed: number;
  /** Of the broker, which is the run's own; the next one is its controller's. */
  readonly port: number;
  readonly shape: Omit<OracleShape, 'name'>;
  readonly isTalkative: boolean;
  readonly say: (line: string) => void;
}

const memberCount = 3;
/** The least that brokers take by default. */
const sessionTimeoutMs = 6_000;
const doneWithinMs = 300_000;

/** Disturbs a fleet on a broker of its own while it works, and says what happened. */
export async function runKafkaChaos({ killCount, seed, port, shape, isTalkative, say }: KafkaChaosOptions): Promise<DisturbedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-kafka-chaos-'));
  const broker = await startChaosBroker(folder, port);
  const plan = planDisturbances(createDice(seed), { killCount, memberCount, sessionTimeoutMs });
  const program = createOracleProgram({
    brokers: [broker.address],
    shape: { ...shape, name: 'oracle' },
    sessionTimeoutMs,
    isTalkative,
  });
  try {
    say(
      `${plan.length} disturbances, ${killCount} of them kills, seed ${seed}; ${memberCount} members, session timeout ${sessionTimeoutMs} ms\n`,
    );
    say(header);
    let number = 0;
    const run = await runDisturbed({
      program,
      broker,
      folder,
      memberCount,
      plan,
      doneWithinMs,
      onDisturbed: (disturbance, happened) => say(disturbanceRow((number += 1), disturbance, happened)),
    });
    for (const line of summary(plan, run)) say(line);
    return run;
  } finally {
    await program.close();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
