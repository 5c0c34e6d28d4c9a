import { startCapture, type Capture } from './capture.ts';
import type { PageMessage } from './message.ts';

/**
 * The script that hosts inject into every frame. The host has put `__stepwright_emit` (a binding) and, optionally, `__stepwright_options`
 * there before; it asks `__stepwright_capture` what its pictures must cover, and calls `.stop()` at the end.
 */
declare global {
  interface Window {
    __stepwright_emit?: (message: PageMessage) => unknown;
    __stepwright_options?: { readonly protectSelector?: string; readonly ignoreSelector?: string };
    __stepwright_capture?: Capture;
  }
}

if (window.__stepwright_capture === undefined && window.__stepwright_emit !== undefined) {
  const { __stepwright_emit: host } = window;
  window.__stepwright_capture = startCapture({
    view: window,
    emit: (message) => {
      // A page that is being torn down has lost its host: the host sees the gap.
      Promise.resolve(host(message)).catch(() => undefined);
    },
    onMoved: tellAround,
    ...window.__stepwright_options,
  });
}

/** The documents around this one, as far as they are of its origin. */
function tellAround(): void {
  try {
    for (let current: Window = window; current !== current.top;) {
      current = current.parent;
      current.__stepwright_capture?.movedInside();
    }
  } catch {
    return; // of another origin: there this frame is covered whole
  }
}
