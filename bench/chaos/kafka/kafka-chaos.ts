import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDice } from '../../../topology/testing/dice.ts';
import { startChaosBroker } from './chaos-broker.ts';
import type { ChaosProgram } from './chaos-program.ts';
import { planDisturbances } from './disturbances.ts';
import type { DisturbedRun } from './disturbed-run.ts';
import { runDisturbed } from './disturbed-run.ts';
import { disturbanceRow, header, summary } from './report.ts';

/** Where a program runs. */
export interface ProgramPlace {
  readonly brokers: readonly string[];
  /** Empty, and deleted afterwards. */
  readonly folder: string;
  readonly sessionTimeoutMs: number;
}

export interface KafkaChaosOptions {
  readonly killCount: number;
  readonly seed: number;
  /** Of the broker, which is the run's own; the next one is its controller's. */
  readonly port: number;
  readonly createProgram: (place: ProgramPlace) => Promise<ChaosProgram>;
  readonly say: (line: string) => void;
}

const memberCount = 3;
/** The least that brokers take by default. */
const sessionTimeoutMs = 6_000;
const hangsAfterMs = 120_000;

/** Disturbs a fleet on a broker of its own while it works, and says what happened. */
export async function runKafkaChaos({ killCount, seed, port, createProgram, say }: KafkaChaosOptions): Promise<DisturbedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwright-kafka-chaos-'));
  const broker = await startChaosBroker(folder, port);
  const plan = planDisturbances(createDice(seed), { killCount, memberCount, sessionTimeoutMs });
  const program = await createProgram({ brokers: [broker.address], folder: join(folder, 'program'), sessionTimeoutMs });
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
      hangsAfterMs,
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
