import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../topology/base/errors.ts';
import { recordedUrl } from './recorded-url.ts';

test('an address without a scheme is https, on this machine http, and one with a scheme stays', () => {
  assert.equal(recordedUrl('example.com/a?b=c'), 'https://example.com/a?b=c');
  assert.equal(recordedUrl('localhost:3000'), 'http://localhost:3000/');
  assert.equal(recordedUrl('127.0.0.1:8000/admin'), 'http://127.0.0.1:8000/admin');
  assert.equal(recordedUrl('localhost.example.com'), 'https://localhost.example.com/');
  assert.equal(recordedUrl('http://example.com'), 'http://example.com/');
});

test('what is no web page is refused with an example', () => {
  for (const typed of ['', 'file:///etc/hosts', 'javascript://x', 'https://', 'two words'])
    assert.throws(
      () => recordedUrl(typed),
      (error) => hasCode(error, 'CONFIG_INVALID') && error.message.includes('https://example.com'),
      typed,
    );
});
