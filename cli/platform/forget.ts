import { runAll } from '../../topology/base/run-all.ts';
import type { ForgetReport } from '../../gateway/read/ports.ts';
import type { ForgettingTarget } from './sinks.ts';
import type { SharedStorage } from './storage.ts';

/**
 * Deletes a session everywhere. Its key goes first: from then on every raw or sealed copy – events, changelogs, stores, originals, output topics – is
 * unreadable, also where it cannot be erased in place, and nothing can bring the session back. Then what is addressed by the session's name goes. May be
 * called again after a failure.
 * @throws what the first sink that failed threw, after the others have forgotten.
 */
export async function forgetSession(
  { keyring }: Pick<SharedStorage, 'keyring'>,
  sinks: readonly ForgettingTarget[],
  [tenantId, sessionId]: readonly [tenantId: string, sessionId: string],
): Promise<ForgetReport> {
  const destroyed = await keyring.destroy(`${tenantId}/${sessionId}`);
  const deleted: Record<string, number> = { keys: destroyed ? 1 : 0 };
  // A sink that cannot be reached must not keep the session in the others.
  const forgetting = sinks.map((sink) => async (): Promise<void> => {
    deleted[sink.name] = await sink.forget(tenantId, sessionId);
  });
  await runAll(forgetting);
  return { deleted };
}
