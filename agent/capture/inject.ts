import { startCapture, type Capture } from './capture.ts';
import type { PageMessage } from './message.ts';

/**
 * The script that hosts inject into every frame. The host has put `__stepwright_emit` (a binding) and, optionally, `__stepwright_options`
 * there before; it calls `__stepwright_capture.maskRects()` after a shot and `.stop()` at the end.
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
    ...window.__stepwright_options,
  });
}
