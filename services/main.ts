import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { services } from './catalog.ts';
import { whileHolding } from './folder-lock.ts';
import type { Service, StartOptions } from './service.ts';

const usage = `npm run services -- up|down|status [${services.map(({ name }) => name).join('|')}], or up NAME --port N`;

/** Runs `up`, `down` or `status` on one service or on all. Prints one line a service; the exit code says whether all went well. */
async function main(args: readonly string[]): Promise<number> {
  const asked = read(args);
  if (typeof asked === 'string') {
    console.error(`${asked}: ${usage}`);
    return 2;
  }
  let exitCode = 0;
  for (const service of asked.services) {
    try {
      console.log(`${service.name}: ${await asked.act(service)}`);
    } catch (error) {
      console.error(`${service.name}: ${error instanceof Error ? error.message : String(error)}`);
      exitCode = 1;
    }
  }
  return exitCode;
}

interface Asked {
  readonly services: readonly Service[];
  readonly act: (service: Service) => Promise<string>;
}

/** What is asked for, or why it cannot be read. */
function read(args: readonly string[]): Asked | string {
  const portAt = args.indexOf('--port');
  if (portAt === -1) return choose(args, {});
  const port = Number(args[portAt + 1]);
  if (!(port >= 1_000 && port < 65_535)) return '--port takes a number from 1000 to 65534';
  const words = args.toSpliced(portAt, 2);
  return words[0] === 'up' && words.length === 2 ? choose(words, { port }) : '--port goes with up and one service';
}

function choose([action = '', ...names]: readonly string[], options: StartOptions): Asked | string {
  const unknown = names.find((name) => !services.some((service) => service.name === name));
  if (unknown !== undefined) return `there is no service "${unknown}"`;
  const act = actions(options).get(action);
  if (act === undefined) return 'the first word must be up, down or status';
  return { services: names.length === 0 ? services : services.filter(({ name }) => names.includes(name)), act };
}

function actions(options: StartOptions): ReadonlyMap<string, Asked['act']> {
  return new Map([
    ['up', (service: Service) => up(service, options)],
    ['down', down],
    ['status', status],
  ]);
}

async function up(service: Service, options: StartOptions): Promise<string> {
  const missing = service.missingTools();
  if (missing.length > 0) throw new Error(`needs ${missing.join(' and ')} on the PATH`);
  const startedAtMs = performance.now();
  // Two that fetch into one folder would delete each other's files.
  await whileHolding(join(cacheFolder(service.name), 'installing.lock'), () => service.install());
  const { address, pid } = await service.start(options);
  return `${address} (${service.title}, pid ${pid}) after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`;
}

async function down(service: Service): Promise<string> {
  const running = service.running();
  if (running === undefined) return 'not running';
  await running.stop();
  return 'stopped';
}

async function status(service: Service): Promise<string> {
  const running = service.running();
  if (running !== undefined) return `${running.address} (${service.title}, pid ${running.pid}, log ${running.logFile})`;
  return service.isInstalled() ? `installed, not running (${service.title})` : `not installed (${service.title})`;
}

process.exitCode = await main(process.argv.slice(2));
