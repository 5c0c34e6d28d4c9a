import { createHash } from 'node:crypto';
import { createSystemClock } from '../../../topology/base/clock.ts';
import { createFileKeyring } from './file-keyring.ts';

/**
 * A process for the keyring's crash test: mints `t/0` … `t/<count - 1>` in the folder, prints a digest of each key, and kills itself at the
 * named crash point the `afterCount`-th time it gets there.
 */
const [directory = '', count = '0', dieAt = '', afterCount = '0'] = process.argv.slice(2);
let passed = 0;
const keyring = createFileKeyring({
  directory,
  clock: createSystemClock(),
  crashPoint: (point) => {
    if (point === dieAt && (passed += 1) > Number(afterCount)) process.kill(process.pid, 'SIGKILL');
  },
});
for (let session = 0; session < Number(count); session += 1) {
  const digest = createHash('sha256')
    .update(keyring.keyFor(`t/${session}`))
    .digest('hex');
  process.stdout.write(`${session} ${digest}\n`);
}
