import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localTenant } from '../../cli/guide/embedded-run.ts';
import { engineOptions } from '../../cli/options.ts';
import { createInProcessIngest } from '../../cli/platform/ingest.ts';
import { startPlatform } from '../../cli/platform/platform.ts';
import { openStorage } from '../../cli/platform/storage.ts';
import { Refusal } from '../../gateway/http/refusal.ts';
import { readBatch } from '../../gateway/ingest/event-batch.ts';
import { defaultIngestLimits } from '../../gateway/ingest/limits.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';

/** The embedded platform in this process, without a port: as `stepwright start` composes it, less the gateway's HTTP side. */
export interface PlatformUnderLoad {
  open(sessionId: string, atMs: number): Promise<void>;
  /** Resolves once the events are durable. */
  append(sessionId: string, events: readonly CaptureEvent[]): Promise<void>;
  /** Resolves when every record so far is processed, committed and applied by the sinks. */
  settled(): Promise<void>;
  guideStepCount(sessionId: string): Promise<number | undefined>;
  close(): Promise<void>;
}

const deviceId = 'bench';

export interface LoadOptions {
  /** Kept at the end. Default: a new one, removed at the end. */
  readonly dataFolder?: string;
  /** With chdb, in a process of its own. Default false. */
  readonly analytics?: boolean;
  /** Default: that of `stepwright start`. */
  readonly stateBudgetBytes?: number;
}

/** Partitions and commit interval are the defaults of `stepwright start`. */
export async function startPlatformUnderLoad(options: LoadOptions = {}): Promise<PlatformUnderLoad> {
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'stepwright-memory-'));
  const { partitions, commitIntervalMs, stateBudgetBytes } = engineOptions;
  const engine = { commitIntervalMs: commitIntervalMs.default, stateBudgetBytes: options.stateBudgetBytes ?? stateBudgetBytes.default };
  const shared = { clock: createSystemClock(), logger: silentLogger, metrics: silentMetrics };
  const storage = await openStorage({
    dataFolder,
    partitionCount: partitions.default,
    logSync: 'never',
    analytics: options.analytics ?? false,
    ...shared,
  });
  const platform = await startPlatform({ storage, ...engine, random: Math.random, ...shared });
  // The platform's own timers keep no process alive, and no socket listens here.
  const alive = setInterval(() => undefined, 60_000);
  const ingest = createInProcessIngest({ storage, platform, newId: randomUUID, ...shared });
  await ingest.start();
  const parser = createEventParser();
  const refOf = (sessionId: string) => ({ tenantId: localTenant, sessionId });
  const agent = { name: 'bench', version: '1' };
  return {
    open: async (sessionId, atMs) => void accept(await ingest.open({ ...refOf(sessionId), deviceId, atMs, agent })),
    append: async (sessionId, events) => {
      const batch = accept(readBatch({ firstSeq: events[0]?.seq ?? 0, events }, defaultIngestLimits, parser));
      accept(await ingest.append(refOf(sessionId), deviceId, batch, JSON.stringify(events).length));
    },
    settled: async () => {
      for (;;) {
        const tasks = await platform.app.tasks();
        if (
          tasks.every(
            (task) => task.openCount === 0 && task.asyncInFlightCount === 0 && task.inputs.every(({ lagCount }) => lagCount === 0),
          )
        )
          return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    guideStepCount: async (sessionId) => {
      const guide = await storage.views.guide(localTenant, sessionId);
      return guide === undefined || guide === 'gone' ? undefined : guide.steps.length;
    },
    close: async () => {
      await ingest.close();
      await platform.close();
      await storage.close();
      clearInterval(alive);
      if (options.dataFolder === undefined) rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

function accept<T>(answer: T | Refusal): T {
  if (answer instanceof Refusal) throw new Error(`ingest refused: ${answer.message}`);
  return answer;
}
