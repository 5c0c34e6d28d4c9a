import type { Guide } from '../../schemas/types/guide.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { RunningStream } from '../platform/platform.ts';
import type { Storage } from '../platform/storage.ts';

const pollMs = 15;
const quietPollsLimit = 300;

/**
 * Waits until the guide of a fed session stands in the views and, when `published`, in the object store.
 * @throws {PROCESSING_FAILED} when everything was processed and there is none, or a task or sink failed for good; {TASK_FAILED} when stopped.
 */
export async function awaitGuide(
  { storage, platform, stopped }: { readonly storage: Storage; readonly platform: RunningStream; readonly stopped: AbortSignal },
  tenantId: string,
  sessionId: string,
): Promise<Guide> {
  let quietPolls = 0;
  while (!stopped.aborted) {
    const guide = await storage.views.guide(tenantId, sessionId);
    if (guide === 'gone') throw failure('the recording was deleted (stepwright forget); it cannot come back under this data folder');
    if (guide !== undefined) return guide;
    refuseFailed(platform);
    quietPolls = (await isIdle(platform)) ? quietPolls + 1 : 0;
    // Output may still be on its way through a sink: only a long quiet means that nothing comes.
    if (quietPolls > quietPollsLimit) throw failure('everything was processed and no guide came of it: see `stepwright dead-letters list`');
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new StepwrightError('TASK_FAILED', 'stopped before the guide was finished');
}

function failure(message: string): StepwrightError {
  return new StepwrightError('PROCESSING_FAILED', message);
}

const needed: ReadonlySet<string> = new Set(['views', 'guides']);

function refuseFailed({ app, sinks, failures }: RunningStream): void {
  // Analytics or a title model that is down delays no guide.
  const failed = sinks.find((sink) => needed.has(sink.name) && !sink.isHealthy())?.name ?? (app.health().isHealthy ? undefined : 'a task');
  if (failed !== undefined) throw failure(`${failed} has failed: ${failures.at(-1) ?? 'see the log'}`);
}

async function isIdle({ app }: RunningStream): Promise<boolean> {
  if (app.state() !== 'running') return false;
  const tasks = await app.tasks();
  return tasks.every((task) => task.asyncInFlightCount === 0 && task.openCount === 0 && task.inputs.every((input) => input.lagCount === 0));
}
