import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';

const folder = await mkdtemp(join(tmpdir(), 'stepwright-engine-'));
after(() => rm(folder, { recursive: true, force: true }));

interface Created {
  readonly Image: string;
  readonly Env: readonly string[];
  readonly HostConfig: { readonly PortBindings: Readonly<Record<string, readonly { readonly HostPort: string }[]>> };
}

/** As much of a Docker engine as one container needs. What runs in it answers 503 three times before it is ready. */
class FakeEngine {
  readonly requests: string[] = [];
  created: Created | undefined;
  readyAskedCount = 0;
  #inside: Server | undefined;

  async answer(method: string, path: string, body: string): Promise<{ readonly status: number; readonly json?: unknown }> {
    this.requests.push(`${method} ${path}`);
    if (path === '/info')
      return { status: 200, json: { ServerVersion: '28.0', OSType: 'linux', Architecture: 'x86_64', IndexServerAddress: '' } };
    if (path === '/networks/bridge') return { status: 200, json: { IPAM: { Config: [{ Gateway: '127.0.0.1' }] } } };
    if (path.startsWith('/images/')) return { status: 200, json: { Id: 'image', Config: {} } };
    if (path === '/containers/json') return { status: 200, json: [] };
    if (path === '/containers/create') return this.#create(JSON.parse(body));
    if (path === '/containers/one/start') return this.#start();
    if (path === '/containers/one/json') return { status: 200, json: this.#inspect() };
    this.#inside?.close();
    return { status: 204 };
  }

  #create(created: Created): { readonly status: number; readonly json: unknown } {
    this.created = created;
    return { status: 201, json: { Id: 'one' } };
  }

  async #start(): Promise<{ readonly status: number }> {
    this.#inside = createServer((_request, response) => {
      this.readyAskedCount += 1;
      response.writeHead(this.readyAskedCount > 3 ? 200 : 503).end();
    }).listen(this.publishedPort());
    await once(this.#inside, 'listening');
    return { status: 204 };
  }

  #inspect(): object {
    const state = { Status: 'running', Running: true, StartedAt: new Date().toISOString() };
    const ports = Object.fromEntries(
      Object.entries(this.created?.HostConfig.PortBindings ?? {}).map(([inside, [port]]) => [inside, [{ HostIp: '0.0.0.0', ...port }]]),
    );
    return {
      Id: 'one',
      Name: '/one',
      State: state,
      Config: { Hostname: 'one', Labels: {} },
      NetworkSettings: { Ports: ports, Networks: {} },
    };
  }

  publishedPort(): number {
    return Number(this.created?.HostConfig.PortBindings['8080/tcp']?.[0]?.HostPort);
  }
}

test(
  'a container gets the address at which the engine publishes it, is awaited until it answers, and goes',
  { timeout: 60_000 },
  async () => {
    const engine = new FakeEngine();
    const path = join(folder, 'engine.sock');
    const server = createServer((request, response) => {
      const url = (request.url ?? '').replace(/^\/v[\d.]+/, '').replace(/\?.*$/, '');
      void text(request)
        .then((body) => engine.answer(request.method ?? '', url, body))
        .then(({ status, json }) =>
          response.writeHead(status, { 'content-type': 'application/json' }).end(json === undefined ? '' : JSON.stringify(json)),
        );
    }).listen(path);
    await once(server, 'listening');
    after(() => {
      server.closeAllConnections();
      server.close();
    });
    const program = `
    const { startContainer } = await import(${JSON.stringify(new URL('./container.js', import.meta.url).href)});
    const environment = (address) => ({ ADVERTISED: address });
    const container = await startContainer({ image: 'registry:1.2.3', port: 8080, readyPath: '/subjects', environment });
    console.log(container.address);
    await container.stop();`;
    // The reaper is a container of its own, with a connection to it.
    const env = {
      ...process.env,
      DOCKER_HOST: `unix://${path}`,
      TESTCONTAINERS_RYUK_DISABLED: 'true',
      TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
    };
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const printed = await text(child.stdout);
    assert.equal(printed.trim(), `127.0.0.1:${engine.publishedPort()}`);
    assert.equal(engine.created?.Image, 'registry:1.2.3');
    assert.ok(engine.created.Env.includes(`ADVERTISED=${printed.trim()}`));
    assert.equal(engine.readyAskedCount, 4);
    assert.ok(engine.requests.includes('DELETE /containers/one'), engine.requests.join('\n'));
  },
);
