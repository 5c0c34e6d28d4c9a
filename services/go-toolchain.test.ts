import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOlder } from './go-toolchain.ts';

test('versions of Go are compared by number, and one that is not understood counts as older', () => {
  for (const older of ['go1.19.8', 'go1.9', 'go1.26', 'go1.26.7', 'devel +abc', '']) assert.equal(isOlder(older, '1.26.8'), true, older);
  for (const enough of ['go1.26.8', 'go1.26.10', 'go1.27', 'go2.0.1', 'go1.26.8 X:nocoverageredesign'])
    assert.equal(isOlder(`${enough}\n`, '1.26.8'), false, enough);
});
