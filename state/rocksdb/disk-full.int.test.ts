import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = mkdtempSync(join(tmpdir(), 'stepwright-full-'));
after(() => rmSync(root, { recursive: true, force: true }));
const child = fileURLToPath(new URL('../testing/full-child.js', import.meta.url));
const skip = process.platform === 'win32' && 'needs a POSIX shell for the file-size limit';

test(
  'a write that the disk refuses is STATE_DISK_FULL, the layer stays in memory, and the next flush writes all of it',
  { skip },
  async () => {
    // In blocks of 512 bytes (POSIX) or 1 KiB (some shells): 4 to 8 MB a file.
    const script = 'ulimit -f 8000; exec "$0" "$1" "$2"';
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script, process.execPath, child, root]);
    assert.match(stdout, /^refused STATE_DISK_FULL retry, then written, \d+ rows\n$/);
  },
);
