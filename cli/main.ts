import { StepwrightError } from '../topology/base/errors.ts';
import { nearestName } from '../topology/base/nearest-name.ts';
import { envNamesOf, helpText, type Command, type CommandContext } from './command.ts';
import { commands } from './commands/index.ts';
import { packageVersion } from './version.ts';

/** Output that waits for a slow reader fits in. */
const lingerMs = 5_000;

/** Runs one command line and answers the exit code: 0 done, 1 refused or failed, 2 not understood, 130 interrupted by the person. */
export async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  // Whoever read the output has gone (`| head -1`): nothing more is wanted.
  process.stdout.on('error', () => stop.abort());
  const context: CommandContext = {
    env: process.env,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    stopped: stop.signal,
  };
  // The timers of the clock port keep no process alive: without this, a wait for one of them with nothing else open would end the process.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    return await runCommandLine(args, context);
  } finally {
    clearInterval(alive);
    // Nothing is left to do. What holds the process all the same, say a broker that does not answer, holds it no longer than this.
    setTimeout(() => process.exit(), lingerMs).unref();
  }
}

/** The same without the process around it. */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  const [name = 'help', ...rest] = args;
  if (name === '--version' || name === 'version') {
    context.stdout(`${packageVersion()}\n`);
    return 0;
  }
  if (name === 'help' || name === '--help' || name === '-h') return showHelp(rest[0], context);
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return unknownCommand(name, context);
  if (rest.includes('--help') || rest.includes('-h')) return showHelp(name, context);
  try {
    return await command.start(rest, context, otherEnvNames(command), otherOptionNames(command));
  } catch (error) {
    return showFailure(error, context);
  }
}

/** A deployment sets one environment for all commands: what another command knows is not a mistake here. */
function otherEnvNames(command: Command): string[] {
  return [...commands.filter((one) => one !== command).flatMap((one) => envNamesOf(one.table)), 'STEPWRIGHT_BUILD_NATIVE'];
}

function otherOptionNames(command: Command): ReadonlySet<string> {
  return new Set(commands.flatMap((one) => Object.keys(one.table)).filter((name) => !Object.hasOwn(command.table, name)));
}

function showHelp(name: string | undefined, context: CommandContext): number {
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) {
    context.stdout(helpText(command));
    return 0;
  }
  const width = Math.max(...commands.map((one) => one.name.length));
  const list = commands.map((one) => `  ${one.name.padEnd(width)}  ${one.about}`).join('\n');
  context.stdout(
    `Recorded work becomes step-by-step guides, as a stream.\n\nUsage: stepwright COMMAND [options]\n\n${list}\n\nstepwright help COMMAND shows its options.\n`,
  );
  return 0;
}

function unknownCommand(name: string, context: CommandContext): number {
  const near = nearestName(
    name,
    commands.map((one) => one.name),
  );
  context.stderr(
    `stepwright: there is no command "${name}"${near === undefined ? '' : `: did you mean "${near}"?`} (stepwright help lists them)\n`,
  );
  return 2;
}

/** Known errors are a sentence and a code; what nobody foresaw shows its stack, since it is a defect. */
function showFailure(error: unknown, context: CommandContext): number {
  if (error instanceof StepwrightError) {
    context.stderr(`stepwright: ${error.message} (${error.code})\n`);
    return error.code === 'CONFIG_UNKNOWN' || error.code === 'CONFIG_INVALID' ? 2 : 1;
  }
  context.stderr(
    `stepwright: an error that nobody foresaw, please report it:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
}
