import type { BrowserContext, Page } from 'playwright-core';
import type { BrowserRecorder } from './browser-recorder.ts';

/** Address of the controls' page; the recorder leaves it out by this. */
export const controlsUrl = 'http://stepwright.invalid/controls';

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Stepwright recorder</title>
<style>body{font:15px system-ui;margin:12px;display:flex;flex-wrap:wrap;gap:8px;align-items:center;color-scheme:light dark}button{font:inherit;padding:.4em .9em}</style>
<main><h1 style="font-size:1em;margin:0 0 8px">Stepwright: <span id="state" role="status">recording</span> <span id="count"></span></h1>
<button id="pause">Pause</button> <button id="undo">Undo last step</button> <button id="stop">Stop</button></main>
<script>
  const show = ({ isPaused, isStopped, eventCount }) => {
    const text = isStopped ? 'stopped' : isPaused ? 'paused' : 'recording';
    if (state.textContent !== text) state.textContent = text;
    count.textContent = eventCount + (eventCount === 1 ? ' event' : ' events');
    pause.textContent = isPaused ? 'Resume' : 'Pause';
    for (const button of document.querySelectorAll('button')) button.disabled = isStopped;
  };
  for (const id of ['pause', 'undo', 'stop']) document.getElementById(id).onclick = () => stepwrightControl(id).then(show);
  setInterval(() => stepwrightControl('state').then(show), 1000);
</script></html>`;

/** What the person may ask for, in the controls' window or by a key in the terminal. */
export type ControlAction = 'pause' | 'undo' | 'stop' | 'state';

export interface ControlState {
  readonly isPaused: boolean;
  readonly isStopped: boolean;
  readonly eventCount: number;
}

export interface Controls {
  /** Does what was asked and says how things stand. */
  readonly apply: (action: ControlAction) => Promise<ControlState>;
}

/** `say` hears what was done, `stop` is called once. */
export function createControls(recorder: BrowserRecorder, say: (text: string) => void, stop: () => void): Controls {
  let isStopped = false;
  const acts: Readonly<Record<ControlAction, () => Promise<void>>> = {
    pause: async () => {
      await (recorder.isPaused() ? recorder.resume() : recorder.pause());
      say(recorder.isPaused() ? 'Paused: nothing is recorded.' : 'Recording again.');
    },
    undo: async () => {
      await recorder.undo();
      say('Took the last step back.');
    },
    stop: async () => {
      isStopped = true;
      stop();
    },
    state: async () => {},
  };
  return {
    apply: async (action) => {
      if (!isStopped) await acts[action]();
      return { isPaused: recorder.isPaused(), isStopped, eventCount: recorder.eventCount() };
    },
  };
}

/** Opens a small window with pause, undo and stop beside the recorded one. Only this page can call them, none that is recorded. */
export async function openControls(context: BrowserContext, onAction: (action: ControlAction) => Promise<ControlState>): Promise<Page> {
  const controls = await context.newPage();
  await controls.route(controlsUrl, (route) => route.fulfill({ contentType: 'text/html', body: page }));
  await controls.exposeFunction('stepwrightControl', onAction);
  await controls.goto(controlsUrl);
  await shrinkWindow(controls);
  return controls;
}

/** A browser that has no windows to size (headless shells) leaves the page as it is. */
async function shrinkWindow(controls: Page): Promise<void> {
  const session = await controls.context().newCDPSession(controls);
  try {
    const { windowId } = await session.send('Browser.getWindowForTarget');
    await session.send('Browser.setWindowBounds', { windowId, bounds: { width: 420, height: 190 } });
  } catch {
    return;
  } finally {
    await session.detach().catch(() => undefined);
  }
}

/** `p`, `u`, `s` in the terminal do the same; answers a function that gives the terminal back. Not a terminal: nothing is read. */
export function readTerminalKeys(input: NodeJS.ReadStream, onAction: (action: ControlAction) => Promise<unknown>): () => void {
  if (!input.isTTY) return () => {};
  const actions: Readonly<Record<string, ControlAction>> = { p: 'pause', u: 'undo', s: 'stop', '\u0003': 'stop' };
  const onKey = (key: Buffer): void => {
    const action = actions[key.toString().toLowerCase()];
    if (action !== undefined) void onAction(action);
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
