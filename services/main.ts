import { services } from './catalog.ts';
import type { Service } from './service.ts';

const usage = `npm run services -- up|down|status [${services.map(({ name }) => name).join('|')}]`;

/** Runs `up`, `down` or `status` on one service or on all. Prints one line a service; the exit code says whether all went well. */
async function main(args: readonly string[]): Promise<number> {
  const [action, ...names] = args;
  const unknown = names.find((name) => !services.some((service) => service.name === name));
  if (unknown !== undefined) return refuse(`there is no service "${unknown}"`);
  const chosen = names.length === 0 ? services : services.filter(({ name }) => names.includes(name));
  if (action === 'up') return all(chosen, up);
  if (action === 'down') return all(chosen, down);
  if (action === 'status') return all(chosen, status);
  return refuse(`the first word must be up, down or status`);
}

async function all(chosen: readonly Service[], act: (service: Service) => Promise<string>): Promise<number> {
  let exitCode = 0;
  for (const service of chosen) {
    try {
      console.log(`${service.name}: ${await act(service)}`);
    } catch (error) {
      console.error(`${service.name}: ${error instanceof Error ? error.message : String(error)}`);
      exitCode = 1;
    }
  }
  return exitCode;
}

async function up(service: Service): Promise<string> {
  const missing = service.missingTools();
  if (missing.length > 0) throw new Error(`needs ${missing.join(' and ')} on the PATH`);
  const startedAtMs = performance.now();
  await service.install();
  const { address, pid } = await service.start();
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

function refuse(why: string): number {
  console.error(`${why}: ${usage}`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
