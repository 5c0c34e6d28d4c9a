import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyClickHouseError } from './clickhouse-errors.ts';

function refusal(code: string, type: string): Error {
  return Object.assign(new Error('canary: the engine quotes a value'), { code, type });
}

test('what passes by itself is tried again: a busy server, a cluster whose keeper or replicas are away', () => {
  for (const [code, type] of [
    ['159', 'TIMEOUT_EXCEEDED'],
    ['202', 'TOO_MANY_SIMULTANEOUS_QUERIES'],
    ['241', 'MEMORY_LIMIT_EXCEEDED'],
    ['252', 'TOO_MANY_PARTS'],
    ['745', 'SERVER_OVERLOADED'],
    ['225', 'NO_ZOOKEEPER'],
    ['285', 'TOO_FEW_LIVE_REPLICAS'],
    ['286', 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE'],
    ['999', 'KEEPER_EXCEPTION'],
    ['ECONNREFUSED', ''],
  ] as const) {
    const { disposition, message } = classifyClickHouseError(refusal(code, type), 'insert');
    assert.equal(disposition, 'retry', type);
    assert.ok(message.includes(code) && !message.includes('canary'), message);
  }
});

test('a value that no column takes is for a letter; what nobody foresaw stops the sink', () => {
  assert.equal(classifyClickHouseError(refusal('27', 'CANNOT_PARSE_INPUT_ASSERTION_FAILED'), 'insert').disposition, 'dead-letter');
  for (const code of ['62', '497', '516']) assert.equal(classifyClickHouseError(refusal(code, 'X'), 'insert').disposition, 'fatal', code);
  assert.equal(classifyClickHouseError(new TypeError('canary'), 'insert', 'server').disposition, 'fatal');
});
