import { readFileSync } from 'node:fs';
import { StepwrightError } from '../topology/base/errors.ts';
import type { OptionSources } from '../topology/base/options.ts';

const flag = '--config';

export interface WithConfigFile {
  /** Without `--config FILE`. */
  readonly args: readonly string[];
  readonly file?: Exclude<OptionSources['file'], undefined>;
}

/**
 * Takes `--config FILE` out of the arguments and reads it. One file may serve all commands: what only another command knows (`otherNames`) is left out.
 * @throws {CONFIG_INVALID} when the file cannot be read or is not JSON.
 */
export function takeConfigFile(args: readonly string[], otherNames: ReadonlySet<string>): WithConfigFile {
  const end = args.indexOf('--');
  const at = args.findIndex((arg, index) => (end < 0 || index < end) && (arg === flag || arg.startsWith(`${flag}=`)));
  if (at < 0) return { args };
  const isJoined = args[at] !== flag;
  const name = isJoined ? args[at]?.slice(flag.length + 1) : args[at + 1];
  if (name === undefined || name === '') throw new StepwrightError('CONFIG_INVALID', `${flag}: needs a file`);
  const json = readJson(name);
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  const own = isObject ? Object.fromEntries(Object.entries(json).filter(([option]) => !otherNames.has(option))) : json;
  return { args: args.toSpliced(at, isJoined ? 1 : 2), file: { name, json: own } };
}

function readJson(name: string): unknown {
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (cause) {
    throw new StepwrightError('CONFIG_INVALID', `${flag}: ${name} cannot be read`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StepwrightError('CONFIG_INVALID', `${flag}: ${name} is not JSON`, { cause });
  }
}
