import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { getPriority } from 'node:os';
import { kill } from 'node:process';
import sharp from 'sharp';
import { hasCode } from '../../../../topology/base/errors.ts';
import { createImageTools } from '../image-tools.ts';
import { createProcessImageTools } from './process-image-tools.ts';

const width = 640;
const height = 400;
const pixels = Buffer.from(Array.from({ length: width * height * 3 }, (_, at) => (at * 7919 + (at >> 4) * 31) & 255));
const masks = [{ x: 30, y: 30, width: 60, height: 20 }];
const options = { masks, click: { x: 100, y: 90 }, highlight: { x: 80, y: 80, width: 60, height: 20 } };
const picture = sharp(pixels, { raw: { width, height, channels: 3 } })
  .png()
  .toBuffer();

describe('image tools in a process of their own', () => {
  const tools = createProcessImageTools({ concurrencyCount: 2 });
  after(() => tools.close());

  it('make the same bytes as those in this process', async () => {
    const here = createImageTools();
    assert.equal(tools.transformVersion, here.transformVersion);
    assert.deepEqual(await tools.fingerprint(await picture, masks), await here.fingerprint(await picture, masks));
    assert.deepEqual(await tools.derive(await picture, options), await here.derive(await picture, options));
  });

  it('give the same errors: what is no picture is IMAGE_INVALID', async () => {
    await assert.rejects(tools.fingerprint(Buffer.from('no picture'), []), (error) => hasCode(error, 'IMAGE_INVALID'));
  });

  it('run at a low priority', async () => {
    await tools.fingerprint(await picture, masks);
    assert.ok(tools.pid !== undefined);
    assert.equal(getPriority(tools.pid), 5);
  });

  it('make a picture although the process was killed over it, and go on in a new one', async () => {
    const expected = await tools.derive(await picture, options);
    const { pid } = tools;
    assert.ok(pid !== undefined);
    const making = tools.derive(await picture, options);
    kill(pid, 'SIGKILL');
    assert.deepEqual(await making, expected);
    assert.deepEqual(await tools.derive(await picture, options), expected);
    assert.notEqual(tools.pid, pid);
  });

  it('end with close: what waits fails, and no process is left', async () => {
    const own = createProcessImageTools({ concurrencyCount: 1 });
    const making = own.derive(await picture, options);
    const { pid } = own;
    assert.ok(pid !== undefined);
    await Promise.all([assert.rejects(making, (error) => hasCode(error, 'IMAGE_FAILED')), own.close()]);
    assert.throws(() => kill(pid, 0), /ESRCH/);
  });
});
