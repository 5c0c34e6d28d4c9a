import assert from 'node:assert/strict';
import { test } from 'node:test';
import loggers from 'kafkajs/src/loggers/index.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { quietRequestQueues } from './quiet-request-queue.ts';

test('a request queue of kafkajs sets its timer only while a request waits', () => {
  quietRequestQueues();
  const logger = loggers.createLogger({ level: 0, logCreator: () => () => {} });
  const queue = new RequestQueue({ logger, requestTimeout: 1000, enforceRequestTimeout: false, clientId: 'test', broker: 'none' });
  queue.checkPendingRequests();
  assert.ok(!queue.throttleCheckTimeoutId, 'an idle queue set a timer');
  queue.throttledUntil = Date.now() + 60_000;
  queue.pending.push({});
  queue.scheduleCheckPendingRequests();
  assert.ok(queue.throttleCheckTimeoutId, 'a waiting request would never be sent');
  clearTimeout(queue.throttleCheckTimeoutId);
});
