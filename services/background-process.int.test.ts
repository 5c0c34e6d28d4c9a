import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort, freePortPair } from './free-port.ts';
import { runningAt, startAt, type Place } from './place.ts';
import type { RunningService } from './service.ts';

const defaults = { port: 1, folder: 'not used' };
const listens = `require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1')`;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'stepwright services with spaces '));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function start(place: Place, program = listens, otherPorts: readonly number[] = []): Promise<RunningService> {
  const args = ['-e', program, String(place.port)];
  return startAt(defaults, place, () => ({ command: process.execPath, args, otherPorts, readyWithinMs: 20_000 }));
}

/** A process of somebody else, which takes TERM. */
async function bystander(): Promise<{ readonly pid: number; readonly ended: () => boolean }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'], { stdio: ['ignore', 'pipe', 'ignore'] });
  after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.ok(child.pid !== undefined);
  return { pid: child.pid, ended: () => child.exitCode !== null || child.signalCode !== null };
}

test('a server is found by its folder, stopped, and started again on the same one', async () => {
  const place = { port: await freePort(), directory: folder() };
  const first = await start(place);
  assert.deepEqual(runningAt(defaults, place)?.pid, first.pid);
  assert.equal((await start(place)).pid, first.pid, 'no second one');
  await first.stop();
  assert.equal(runningAt(defaults, place), undefined);
  const second = await start(place);
  assert.notEqual(second.pid, first.pid);
  await second.stop();
});

test('two that start the same server get one, when it is ready', async () => {
  const place = { port: await freePort(), directory: folder() };
  const late = `setTimeout(() => { ${listens} }, 300)`;
  const [one, other] = await Promise.all([start(place, late), start(place, late)]);
  assert.equal(one.pid, other.pid);
  const probe = new Promise((resolve, reject) => {
    const socket = createServer().once('error', resolve).once('listening', reject);
    socket.listen(place.port, '127.0.0.1');
  });
  assert.match(String(await probe), /EADDRINUSE/);
  await other.stop();
});

test('the id of a server that died may have gone to another process, which is neither taken for it nor stopped', async () => {
  const place = { port: await freePort(), directory: folder() };
  const server = await start(place);
  process.kill(server.pid, 'SIGKILL');
  const other = await bystander();
  const file = join(place.directory, 'process.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(String(server.pid), String(other.pid)));
  assert.equal(runningAt(defaults, place), undefined);
  const again = await start(place);
  assert.notEqual(again.pid, other.pid);
  await again.stop();
  assert.equal(other.ended(), false);
});

test('a start that was killed in the middle does not hold up the next one', async () => {
  const place = { port: await freePort(), directory: folder() };
  const other = await bystander();
  writeFileSync(join(place.directory, 'starting.lock'), `${other.pid} of an earlier life`);
  await (await start(place)).stop();
});

test('a port that is taken is named, the second one too', async () => {
  const port = await freePortPair();
  for (const taken of [port, port + 1]) {
    const holder = createServer().listen(taken, '127.0.0.1');
    await once(holder, 'listening');
    await assert.rejects(start({ port, directory: folder() }, listens, [port + 1]), new RegExp(`port ${taken} is taken.*--port`));
    holder.close();
    await once(holder, 'close');
  }
});

test('a server that ends at once, and a command that is not there, are said', async () => {
  const place = { port: await freePort(), directory: folder() };
  await assert.rejects(start(place, `console.log('why'); process.exit(3)`), /ended while it started: why \(all of it: .*server\.log\)/);
  assert.equal(readFileSync(join(place.directory, 'server.log'), 'utf8'), 'why\n');
  const nothing = { command: join(place.directory, 'no-such-program'), args: [], readyWithinMs: 1_000 };
  await assert.rejects(
    startAt(defaults, place, () => nothing),
    /could not be started/,
  );
});
