import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/** How often a request that waits for others, and not for a throttle's end, is looked at. */
const checkEveryMs = 10;

/**
 * kafkajs 2.2.4 looks for throttled requests with a timer that it sets anew whenever it fires, with a negative delay when there is no throttle: a wake-up every
 * millisecond and connection, and a warning each time on Node 24. After this call it is set only while a request waits. Harmless to repeat.
 */
export function quietRequestQueues(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = scheduleWhileWaiting;
}

function scheduleWhileWaiting(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
  const throttledForMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledForMs > 0 ? throttledForMs : checkEveryMs,
  );
}
