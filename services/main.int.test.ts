import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./main.js', import.meta.url));

test('what cannot be read is refused with the reason and the usage, and nothing is started', () => {
  for (const [args, why] of [
    [[], /first word must be up, down or status/],
    [['start', 'kafka'], /first word must be up, down or status/],
    [['up', 'kafak'], /there is no service "kafak"/],
    [['up', '--port', '29092'], /--port goes with up and one service/],
    [['down', 'kafka', '--port', '29092'], /--port goes with up and one service/],
    [['up', 'kafka', '--port'], /--port takes a number/],
    [['up', 'kafka', '--port', '65535'], /--port takes a number/],
  ] as const) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
    assert.equal(status, 2, stderr);
    assert.match(stderr, why);
    assert.match(stderr, /npm run services -- up\|down\|status/);
    assert.equal(stdout, '');
  }
});

test('status names every service, whatever is installed', () => {
  const { status, stdout } = spawnSync(process.execPath, [program, 'status'], { encoding: 'utf8' });
  assert.equal(status, 0);
  for (const name of ['kafka', 'cassandra', 'versitygw', 'apicurio', 'prometheus', 'clickhouse'])
    assert.match(stdout, new RegExp(`^${name}: `, 'm'));
});
