import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findDockerEngine } from './docker-engine.ts';

const folder = await mkdtemp(join(tmpdir(), 'stepwright-docker-'));
after(() => rm(folder, { recursive: true, force: true }));

/** Something that listens where a Docker engine would. */
async function listening(name: string, listener: RequestListener): Promise<string> {
  const path = join(folder, name);
  const server = createServer(listener).listen(path);
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `unix://${path}`;
}

test('an engine that answers is found where DOCKER_HOST says', async () => {
  const paths: (string | undefined)[] = [];
  const host = await listening('engine.sock', ({ url }, response) => {
    paths.push(url);
    response.end('OK');
  });
  assert.equal(await findDockerEngine({ DOCKER_HOST: host }), host);
  assert.deepEqual(paths, ['/_ping']);
});

test('nobody there, a refusal, and another kind of address are no engine', async () => {
  const refusing = await listening('refusing.sock', (_request, response) => void response.writeHead(500).end());
  for (const host of [`unix://${join(folder, 'none.sock')}`, 'tcp://127.0.0.1:1', 'ssh://somewhere', 'nonsense', refusing]) {
    assert.equal(await findDockerEngine({ DOCKER_HOST: host }), undefined, host);
  }
});

test('one that takes the connection and says nothing holds nobody up', { timeout: 20_000 }, async () => {
  assert.equal(await findDockerEngine({ DOCKER_HOST: await listening('silent.sock', () => {}) }), undefined);
});
