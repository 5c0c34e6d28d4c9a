import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAll } from './run-all.ts';

test('everything is closed in order although one refuses, and the first refusal is told afterwards', async () => {
  const closed: string[] = [];
  const closing =
    (name: string, problem?: string): (() => Promise<void>) =>
    async () => {
      closed.push(name);
      if (problem !== undefined) throw new Error(problem);
    };
  await assert.rejects(runAll([closing('sockets'), closing('sinks', 'first'), closing('views', 'second'), closing('log')]), /first/);
  assert.deepEqual(closed, ['sockets', 'sinks', 'views', 'log']);
});
