import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyRocksError } from './rocksdb-errors.ts';

const cases: readonly (readonly [error: Error, code: string, disposition: string])[] = [
  [new Error('IO error: No space left on device: While appending to file: 000004.log'), 'STATE_DISK_FULL', 'retry'],
  [new Error('not open', { cause: new Error('Corruption: checksum mismatch in file 000007.sst') }), 'STATE_CORRUPT', 'rebuild-task'],
  [Object.assign(new Error('block checksum mismatch'), { code: 'LEVEL_CORRUPTION' }), 'STATE_CORRUPT', 'rebuild-task'],
  [new Error('IO error: No such file or directory: While open a file: 000007.sst'), 'STATE_CORRUPT', 'rebuild-task'],
  [Object.assign(new Error('lock'), { code: 'LEVEL_LOCKED' }), 'STATE_LOCKED', 'fatal'],
  [Object.assign(new Error('Database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' }), 'STATE_CLOSED', 'fatal'],
  [new Error('IO error: Too many open files: While open a file: 000007.sst'), 'STATE_IO_FAILED', 'fatal'],
  [new Error('something new'), 'STATE_IO_FAILED', 'fatal'],
];

test('K5 only damage that is named as such lets a task wipe its store; an unknown failure is fatal', () => {
  for (const [error, code, disposition] of cases) {
    const classified = classifyRocksError(error, '/state');
    assert.deepEqual([classified.code, classified.disposition], [code, disposition], error.message);
    assert.equal(classified.cause, error);
  }
});
