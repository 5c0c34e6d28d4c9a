import { StepwrightError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { OptionProblem, type Option } from './option-types.ts';

/**
 * A process's options by property name. The flag is the name in kebab case (`httpPort`: `--http-port`), the environment variable the same in
 * capitals (`STEPWRIGHT_HTTP_PORT`), the file's property the name itself. One table is the source of flags, env, file, help and docs/config.md.
 */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

export type OptionValues<Table extends OptionTable> = { readonly [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never };

/** Says what is wrong with a combination: the option to blame and the problem, or nothing. */
export type OptionRule<Table extends OptionTable> = (
  values: OptionValues<Table>,
) => { readonly option: Extract<keyof Table, string>; readonly problem: string } | undefined;

export interface OptionSources {
  /** Arguments after the command. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON of a config file, and its name for messages. */
  readonly file?: { readonly name: string; readonly json: unknown };
  /** Environment variables that other commands know, so that they are not refused here. */
  readonly otherEnvNames?: readonly string[];
}

export interface ParsedOptions<Table extends OptionTable> {
  readonly values: OptionValues<Table>;
  /** Arguments that are not flags, in order; everything after `--`. */
  readonly positionals: readonly string[];
  /** Where each value came from. */
  readonly origins: Readonly<Record<string, OptionOrigin>>;
}

export type OptionOrigin = 'flag' | 'env' | 'file' | 'default';

const envPrefix = 'STEPWRIGHT_';

/**
 * Flags over environment over file over default.
 * @throws {CONFIG_UNKNOWN} for a flag, a `STEPWRIGHT_…` variable or a file property that no option has, with the nearest name.
 * @throws {CONFIG_INVALID} for a value outside its range, or a combination that `rules` refuse; the message names the option, never a secret's value.
 */
export function parseOptions<Table extends OptionTable>(
  table: Table,
  sources: OptionSources,
  rules: readonly OptionRule<Table>[] = [],
): ParsedOptions<Table> {
  const found = new Map<string, { readonly value: unknown; readonly origin: OptionOrigin }>();
  for (const [name, option] of Object.entries(table)) found.set(name, { value: option.default, origin: 'default' });
  for (const [name, value] of fromFile(table, sources.file)) found.set(name, { value, origin: 'file' });
  for (const [name, value] of fromEnv(table, sources)) found.set(name, { value, origin: 'env' });
  const flags = fromFlags(table, sources.args);
  for (const [name, value] of flags.values) found.set(name, { value, origin: 'flag' });
  // Every option's value came from its own `fromText`, `fromJson` or `default`: this is where the table's types meet them.
  const values = Object.fromEntries([...found].map(([name, { value }]) => [name, value])) as OptionValues<Table>;
  for (const rule of rules) {
    const refused = rule(values);
    if (refused !== undefined) throw invalid(flagName(refused.option), refused.problem);
  }
  const origins = Object.fromEntries([...found].map(([name, { origin }]) => [name, origin]));
  return { values, positionals: flags.positionals, origins };
}

/** `--http-port` of `httpPort`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `STEPWRIGHT_HTTP_PORT` of `httpPort`, unless the option names another. */
export function envName(name: string, option: Option<unknown>): string {
  return option.env ?? `${envPrefix}${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

type Entry = readonly [name: string, value: unknown];

function fromFile(table: OptionTable, file: OptionSources['file']): readonly Entry[] {
  if (file === undefined) return [];
  const { json } = file;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid(file.name, 'must hold a JSON object');
  return Object.entries(json).map(([name, value]): Entry => {
    const option = table[name];
    if (option === undefined || !Object.hasOwn(table, name))
      throw unknown(`${name} in ${file.name}`, nearestName(name, Object.keys(table)));
    return [name, accepted(option.fromJson(value), `${name} in ${file.name}`)];
  });
}

function fromEnv(table: OptionTable, { env, otherEnvNames = [] }: OptionSources): readonly Entry[] {
  const byEnv = new Map(Object.entries(table).map(([name, option]) => [envName(name, option), { name, option }]));
  const entries: Entry[] = [];
  for (const [variable, text] of Object.entries(env)) {
    const known = byEnv.get(variable);
    if (known !== undefined && text !== undefined && text !== '')
      entries.push([known.name, accepted(known.option.fromText(text), variable)]);
    if (known === undefined && variable.startsWith(envPrefix) && !otherEnvNames.includes(variable)) {
      throw unknown(variable, nearestName(variable, [...byEnv.keys()]));
    }
  }
  return entries;
}

interface Flags {
  readonly values: ReadonlyMap<string, unknown>;
  readonly positionals: readonly string[];
}

function fromFlags(table: OptionTable, args: readonly string[]): Flags {
  const byFlag = new Map(Object.entries(table).map(([name, option]) => [flagName(name), { name, option }]));
  const values = new Map<string, unknown>();
  const positionals: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--') return { values, positionals: [...positionals, ...args.slice(at + 1)] };
    if (!arg.startsWith('-') || arg === '-') {
      positionals.push(arg);
      continue;
    }
    const flag = readFlag(arg, args[at + 1], byFlag);
    if (flag.tookNext) at += 1;
    values.set(flag.name, appended(values.get(flag.name), flag.value));
  }
  return { values, positionals };
}

type KnownFlags = ReadonlyMap<string, { readonly name: string; readonly option: Option<unknown> }>;

function readFlag(
  arg: string,
  next: string | undefined,
  known: KnownFlags,
): { readonly name: string; readonly value: unknown; readonly tookNext: boolean } {
  const equals = arg.indexOf('=');
  const flag = equals < 0 ? arg : arg.slice(0, equals);
  const negated = known.get(flag.replace(/^--no-/, '--'));
  if (equals < 0 && flag.startsWith('--no-') && negated !== undefined) {
    const value = negated.option.type === 'boolean' ? false : negated.option.negated;
    if (value !== undefined) return { name: negated.name, value, tookNext: false };
  }
  const { name, option } = known.get(flag) ?? refuseFlag(flag, known);
  if (equals >= 0) return { name, value: accepted(option.fromText(arg.slice(equals + 1)), flag), tookNext: false };
  if (option.type === 'boolean') return { name, value: true, tookNext: false };
  if (next === undefined || next.startsWith('--')) throw invalid(flag, 'needs a value');
  return { name, value: accepted(option.fromText(next), flag), tookNext: true };
}

function refuseFlag(flag: string, known: KnownFlags): never {
  throw unknown(flag, nearestName(flag, [...known.keys()]));
}

/** A repeated list adds up; of anything else the last one stands. */
function appended(before: unknown, value: unknown): unknown {
  return Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
}

function accepted(value: unknown, field: string): unknown {
  if (value instanceof OptionProblem) throw invalid(field, value.problem);
  return value;
}

function invalid(field: string, problem: string): StepwrightError {
  return new StepwrightError('CONFIG_INVALID', `${field}: ${problem}`, { context: { field } });
}

function unknown(field: string, nearest: string | undefined): StepwrightError {
  const hint = nearest === undefined ? 'see --help' : `did you mean ${nearest}?`;
  return new StepwrightError('CONFIG_UNKNOWN', `${field}: there is no such option; ${hint}`, { context: { field, nearest } });
}
