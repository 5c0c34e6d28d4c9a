import type { EventMessage } from '../new-step.ts';
import { withShot, type StepRun } from '../step-run.ts';
import type { TrackedStep } from '../step-state.ts';

/** Pictures that may wait for their step: of a press that is not yet a click. */
const maxEarlyShots = 8;

/** A picture belongs to the step that its event is part of, however late it comes. */
export function onScreenshot(run: StepRun, message: EventMessage): void {
  const { screenshot } = message.event;
  if (screenshot === undefined) return;
  const step = stepOfSeq(run, screenshot.ofSeq);
  if (step !== undefined) {
    const shown = withShot(step, screenshot);
    run.decorate(step, shown, message.atMs);
    if (step.state === 'final') run.lendPicture(shown, { ordinal: message.ordinal, timer: 0, final: true }, message.atMs);
    return;
  }
  run.state = { ...run.state, earlyShots: [...run.state.earlyShots, screenshot].slice(-maxEarlyShots) };
}

export function onScreenshotMissing(run: StepRun, message: EventMessage): void {
  const { ofSeq, reason } = message.event;
  const step = ofSeq === undefined ? undefined : stepOfSeq(run, ofSeq);
  if (step !== undefined) run.decorate(step, { shotMissing: reason ?? 'not taken' }, message.atMs);
}

/** Takes the last step back, or the one that `ofSeq` is part of. */
export function onUndo(run: StepRun, message: EventMessage): void {
  const { ofSeq } = message.event;
  const named = ofSeq === undefined ? undefined : stepOfSeq(run, ofSeq);
  const [newest] = run.recent();
  const step = named ?? newest;
  if (step !== undefined) run.remove(step, message.atMs);
}

function stepOfSeq(run: StepRun, seq: number): TrackedStep | undefined {
  for (const step of run.recent()) if (step.seqs.includes(seq)) return step;
  return undefined;
}
