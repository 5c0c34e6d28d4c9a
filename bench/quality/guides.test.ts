import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { guidesOfCommand, guidesOfFolder } from './guides.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepwright-guides-'));
after(() => rmSync(folder, { recursive: true }));

describe('guides to be judged', () => {
  it('are found in a folder by the id of their recording, as a file or as a folder', () => {
    writeFileSync(join(folder, 'one.json'), JSON.stringify({ guideId: '1', steps: [] }));
    mkdirSync(join(folder, 'two'));
    writeFileSync(join(folder, 'two', 'guide.json'), JSON.stringify({ guideId: '2', steps: [] }));
    writeFileSync(join(folder, 'three.json'), JSON.stringify({ message: 'no guide' }));
    const source = guidesOfFolder(folder);
    assert.deepEqual([source('one')?.guideId, source('two')?.guideId, source('three'), source('four')], ['1', '2', undefined, undefined]);
  });

  it('of a command find their recordings although some of them failed', () => {
    const command = join(folder, 'command.mjs');
    const print = `for (const file of process.argv.slice(3)) if (file.endsWith('.gz') && !file.includes('bad')) console.log(JSON.stringify({ guideId: file, steps: [] }));`;
    writeFileSync(command, print);
    const source = guidesOfCommand(command, '/data', ['a', 'bad', 'c']);
    assert.deepEqual(
      [source('a')?.guideId, source('bad'), source('c')?.guideId],
      [join('/data', 'a.json.gz'), undefined, join('/data', 'c.json.gz')],
    );
  });
});
