import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyRocksError } from './rocks-errors.ts';

const cases = [
  ['IO error: No space left on device: While appending to file: 000004.log', 'LOG_DISK_FULL', 'retry'],
  ['Corruption: block checksum mismatch in 000012.sst', 'LOG_CORRUPT', 'fatal'],
  ['IO error: No such file or directory: While open a file for random read: 000012.sst', 'LOG_CORRUPT', 'fatal'],
  ['IO error: While open a file for random read: 000012.sst: Too many open files', 'LOG_IO_FAILED', 'fatal'],
  ['IO error: Permission denied: While open: MANIFEST-000004', 'LOG_IO_FAILED', 'fatal'],
  ['something nobody has seen before', 'LOG_IO_FAILED', 'fatal'],
] as const;

for (const [message, code, disposition] of cases) {
  test(`"${message}" is ${code}, also as the cause of another error`, () => {
    for (const error of [new Error(message), new Error('Database failed to open', { cause: new Error(message) })]) {
      const classified = classifyRocksError(error, 'log');
      assert.deepEqual([classified.code, classified.disposition], [code, disposition]);
    }
  });
}

test('only damage advises to move the directory away', () => {
  assert.match(classifyRocksError(new Error('Corruption: bad magic'), 'log').message, /move it away/);
  assert.doesNotMatch(classifyRocksError(new Error('Too many open files'), 'log').message, /move it away/);
});
