import { renderHelp } from '../topology/base/option-docs.ts';
import {
  envName,
  parseOptions,
  type OptionRule,
  type OptionSources,
  type OptionTable,
  type OptionValues,
} from '../topology/base/options.ts';
import { StepwrightError } from '../topology/base/errors.ts';
import { takeConfigFile } from './config-file.ts';

/** What a command may touch of the process; tests hand in their own. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Documents only: what a script reads. */
  readonly stdout: (text: string) => void;
  /** For the person: progress, addresses, problems. */
  readonly stderr: (text: string) => void;
  /** Aborted by SIGINT and SIGTERM. */
  readonly stopped: AbortSignal;
}

export interface CommandSpec<Table extends OptionTable> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly about: string;
  /** What follows the name: `guide FILE… [options]`. */
  readonly usage: string;
  readonly table: Table;
  readonly rules?: readonly OptionRule<Table>[];
  /** Answers the exit code. */
  readonly run: (values: OptionValues<Table>, positionals: readonly string[], context: CommandContext) => Promise<number>;
}

/** A command of any table. */
export interface Command {
  readonly name: string;
  readonly about: string;
  readonly usage: string;
  readonly table: OptionTable;
  /** Says whether `start` would take these, and starts nothing. @throws {CONFIG_UNKNOWN | CONFIG_INVALID} */
  readonly check: (sources: Pick<OptionSources, 'args' | 'env'>) => void;
  /** @throws {CONFIG_UNKNOWN | CONFIG_INVALID} before anything is started. */
  readonly start: (
    args: readonly string[],
    context: CommandContext,
    otherEnvNames: readonly string[],
    /** Properties of a config file that other commands know. */
    otherOptionNames?: ReadonlySet<string>,
  ) => Promise<number>;
}

export function defineCommand<Table extends OptionTable>(spec: CommandSpec<Table>): Command {
  const { name, about, usage, table } = spec;
  return {
    name,
    about,
    usage,
    table,
    check: (sources) => void parseOptions(table, sources, spec.rules),
    start: (args, context, otherEnvNames, otherOptionNames = new Set()) => {
      const given = takeConfigFile(args, otherOptionNames);
      const parsed = parseOptions(table, { ...given, env: context.env, otherEnvNames }, spec.rules);
      return spec.run(parsed.values, parsed.positionals, context);
    },
  };
}

/** For commands that take options only: a forgotten dash would start them as if nothing had been said. @throws {CONFIG_INVALID} */
export function refuseNames(command: string, positionals: readonly string[]): void {
  const [first] = positionals;
  if (first === undefined) return;
  throw new StepwrightError('CONFIG_INVALID', `${command} takes options only, not "${first}"; stepwright help ${command} lists them`);
}

/** Names of all environment variables of a command. */
export function envNamesOf(table: OptionTable): string[] {
  return Object.entries(table).map(([name, option]) => envName(name, option));
}

export function helpText(command: Command): string {
  const options = Object.keys(command.table).length === 0 ? '' : `\nOptions:\n${renderHelp(command.table)}\n`;
  return `${command.about}\n\nUsage: stepwright ${command.usage}\n${options}`;
}
