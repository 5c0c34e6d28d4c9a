import type { BrowserContext, Page } from 'playwright-core';
import type { BrowserRecorder } from './browser-recorder.ts';

/** Address of the controls' page; the recorder leaves it out by this. */
export const controlsUrl = 'http://stepwright.invalid/controls';

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Stepwright recorder</title>
<style>body{font:15px system-ui;margin:12px;display:flex;gap:8px;align-items:center;color-scheme:light dark}button{font:inherit;padding:.4em .9em}</style>
<button id="pause">Pause</button><button id="undo">Undo last step</button><button id="stop">Stop</button><span id="state" role="status">Recording</span>
<script>
  const show = ({ isPaused, eventCount }) => {
    pause.textContent = isPaused ? 'Resume' : 'Pause';
    state.textContent = (isPaused ? 'Paused' : 'Recording') + ' · ' + eventCount + ' events';
  };
  for (const id of ['pause', 'undo', 'stop']) document.getElementById(id).onclick = () => stepwrightControl(id).then(show);
  setInterval(() => stepwrightControl('state').then(show), 1000);
</script></html>`;

/** What the person may ask for, in the controls' window or by a key in the terminal. */
export type ControlAction = 'pause' | 'undo' | 'stop' | 'state';

export interface ControlState {
  readonly isPaused: boolean;
  readonly eventCount: number;
}

/** Does what was asked and says how things stand. */
export function applyControl(recorder: BrowserRecorder, action: ControlAction, stop: () => void): ControlState {
  if (action === 'pause' && recorder.isPaused()) recorder.resume();
  else if (action === 'pause') recorder.pause();
  if (action === 'undo') recorder.undo();
  if (action === 'stop') stop();
  return { isPaused: recorder.isPaused(), eventCount: recorder.eventCount() };
}

/** Opens a small window with pause, undo and stop beside the recorded one. */
export async function openControls(context: BrowserContext, onAction: (action: ControlAction) => ControlState): Promise<Page> {
  await context.route(controlsUrl, (route) => route.fulfill({ contentType: 'text/html', body: page }));
  await context.exposeFunction('stepwrightControl', onAction);
  const controls = await context.newPage();
  await controls.goto(controlsUrl);
  return controls;
}

/** `p`, `u`, `s` in the terminal do the same; answers a function that gives the terminal back. */
export function readTerminalKeys(input: NodeJS.ReadStream, onAction: (action: ControlAction) => void): () => void {
  if (!input.isTTY) return () => {};
  const actions: Readonly<Record<string, ControlAction>> = { p: 'pause', u: 'undo', s: 'stop', '\u0003': 'stop' };
  const onKey = (key: Buffer): void => {
    const action = actions[key.toString().toLowerCase()];
    if (action !== undefined) onAction(action);
  };
  input.setRawMode(true);
  input.resume();
  input.on('data', onKey);
  return () => {
    input.off('data', onKey);
    input.setRawMode(false);
    input.pause();
  };
}
