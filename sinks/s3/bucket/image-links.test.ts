import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../../topology/base/errors.ts';
import { goodServer, wire } from '../../test-support/s3-wire.ts';

const validMs = 60_000;
const hourMs = 3_600_000;

test('an address is valid by the clock of the server, however wrong that of the gateway is', async () => {
  for (const skewMs of [hourMs, -hourMs, 90_000, 0]) {
    const { open } = wire(
      (request) => {
        const answer = goodServer(request);
        return { ...answer, headers: { ...answer.headers, date: new Date(Date.now() + skewMs).toUTCString() } };
      },
      { links: { validMs } },
    );
    const { imageLinks, close } = await open();
    const link = new URL((await imageLinks?.linkTo('images/acme/s1/a.webp')) ?? assert.fail('there are no links'));
    const [, date = '', time = ''] = /^(\d{8})T(\d{6})Z$/.exec(link.searchParams.get('X-Amz-Date') ?? '') ?? [];
    const signedAtMs = Date.parse(`${date.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`);
    // A header tells whole seconds.
    assert.ok(Math.abs(signedAtMs - (Date.now() + skewMs)) < 10_000, `${skewMs} ms apart: signed at ${date} ${time}`);
    await close();
  }
});

test('an address is made of keys only: what is none is refused by name, before anything is signed', async () => {
  const { open } = wire(goodServer, { links: { validMs } });
  const { imageLinks, close } = await open();
  assert.ok(imageLinks !== undefined);
  for (const key of [
    '',
    '/',
    '../a',
    'images/acme/../globex/a',
    'images/acme/%2e%2e/a',
    'images/acme/s 1/a',
    'images/ácme/s1/a',
    'images/a?x=1',
    'images/a#b',
    'images/a\r\nb',
  ]) {
    await assert.rejects(imageLinks.linkTo(key), (error) => hasCode(error, 'OBJECT_KEY_INVALID'), JSON.stringify(key));
  }
  for (const key of ['images/acme/a..b/c', 'images/acme/day=2026-11-22/c', 'images/acme/s1/a.full.webp']) {
    assert.ok(new URL(await imageLinks.linkTo(key)).pathname.endsWith(key.replaceAll('=', '%3D')), key);
  }
  await close();
});
