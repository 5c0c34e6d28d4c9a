import { setImmediate } from 'node:timers/promises';

/**
 * Runs `step` until it says that it is done, with a pause after each, so that long maintenance never holds the event loop for longer than
 * one step.
 */
export async function inSlices(step: () => 'more' | 'done'): Promise<void> {
  while (step() === 'more') await setImmediate();
}
