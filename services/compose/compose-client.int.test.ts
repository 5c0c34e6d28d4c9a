import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { repositoryRoot } from '../cache-folder.ts';
import { fileOfRepository, readComposeFile, requiredVariables } from '../test-support/compose-file.ts';

/** The client reads the file without an engine. */
const hasClient = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
const skip = hasClient ? {} : { skip: 'no `docker compose` on this machine' };
const required = requiredVariables(fileOfRepository('docker-compose.yml'));

function config(variables: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const given = Object.fromEntries(variables.map((name) => [name, `the-${name}`]));
  // Nothing of this shell, and no .env of a person who runs this checkout.
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...given };
  return spawnSync('docker', ['compose', '--env-file', '/dev/null', 'config', '--format', 'json'], {
    cwd: repositoryRoot(),
    encoding: 'utf8',
    env,
  });
}

test('docker compose takes the file, and reads the same services in it as the tests do', skip, () => {
  const { status, stdout, stderr } = config(required);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /not set|obsolete|ignored/);
  const read: { readonly services: Readonly<Record<string, { readonly environment?: Readonly<Record<string, string>> }>> } =
    JSON.parse(stdout);
  const ours = readComposeFile().services;
  assert.deepEqual(Object.keys(read.services).toSorted(), Object.keys(ours).toSorted());
  for (const [name, { environment = {} }] of Object.entries(ours)) {
    assert.deepEqual(Object.keys(read.services[name]?.environment ?? {}).toSorted(), Object.keys(environment).toSorted(), name);
  }
});

test('docker compose refuses to start without each of the secrets, naming it', skip, () => {
  for (const missing of required) {
    const { status, stderr } = config(required.filter((name) => name !== missing));
    assert.notEqual(status, 0, missing);
    assert.ok(stderr.includes(missing), stderr);
  }
});
