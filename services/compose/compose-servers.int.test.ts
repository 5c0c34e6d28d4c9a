import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { readComposeFile } from '../test-support/compose-file.ts';
import { missingCommands } from '../tools.ts';
import { versitygwBinary, versitygwService } from '../versitygw/versitygw-service.ts';

/** Command lines of docker-compose.yml that can be run as they stand, in another folder and on another port. */
const missing = [
  ...missingCommands(['wget', 'sh']),
  ...(versitygwService.isInstalled() ? [] : ['versitygw (npm run services -- up versitygw)']),
];
const skip = missing.length === 0 ? {} : { skip: `no ${missing.join(', ')}` };

test(
  'the S3 server of docker-compose.yml starts by its own command line, has the bucket, and its health check says yes then and no before',
  skip,
  async () => {
    const { entrypoint = [], command = [], healthcheck } = readComposeFile().services['s3'] ?? assert.fail();
    const folder = await mkdtemp(join(tmpdir(), 'stepwright-compose-'));
    after(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    const here = (word: string): string =>
      word
        .replaceAll('/data/', `${folder}/`)
        .replace(/:9000\b/, `:${port}`)
        .replace(/\bversitygw --/, `"${versitygwBinary()}" --`);
    const [shell = '', ...args] = [...entrypoint, ...command].map(here);
    const [check = '', ...checkArgs] = (healthcheck.test ?? []).slice(1).map(here);
    const isHealthy = (): boolean => spawnSync(check, [...checkArgs, '--tries=1'], { stdio: 'ignore' }).status === 0;
    assert.equal(isHealthy(), false);
    const server = spawn(shell, args, {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: 'test', ROOT_SECRET_KEY: 'testtest' },
    });
    after(() => server.kill('SIGKILL'));
    for (let tries = 0; tries < 100 && server.exitCode === null && !isHealthy(); tries++) await delay(50);
    assert.ok(isHealthy());
    assert.ok(existsSync(join(folder, 'buckets', 'stepwright')));
    server.kill('SIGTERM');
    await once(server, 'exit');
  },
);
