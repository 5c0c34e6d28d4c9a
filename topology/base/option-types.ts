/** Why a value is not one of an option's. Never holds the value. */
export class OptionProblem {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/** What is written about every option; `T` is what the program gets. */
export interface OptionFacts<T> {
  /** One sentence for --help and docs/config.md. */
  readonly help: string;
  /** Used when neither flag, environment nor file gives a value. */
  readonly default: T;
  /** `ms`, `bytes`, … for docs. The name carries it too. */
  readonly unit?: string;
  /** Name of the environment variable. Default: `STEPWRIGHT_` and the name in capitals. */
  readonly env?: string;
  /** Never shown in docs, logs or messages. */
  readonly secret?: boolean;
}

export interface Option<T> extends OptionFacts<T> {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'one-of' | 'list';
  /** The allowed values in words, for docs and messages; empty when any will do. */
  readonly range: string;
  /** From a flag or the environment. */
  readonly fromText: (text: string) => T | OptionProblem;
  /** From a JSON file. */
  readonly fromJson: (json: unknown) => T | OptionProblem;
  /** What `--no-NAME` means, for options that are not booleans. */
  readonly negated?: T;
}

export interface NumberFacts<T extends number | undefined> extends OptionFacts<T> {
  /** Inclusive. */
  readonly min?: number;
  /** Inclusive. */
  readonly max?: number;
}

/** Any text. With `default: undefined` the option may be left out. */
export function stringOption<T extends string | undefined>(facts: OptionFacts<T>): Option<string | T> {
  const fromJson = (json: unknown): string | OptionProblem => (typeof json === 'string' ? json : new OptionProblem('must be a string'));
  return { ...facts, type: 'string', range: '', fromText: (text) => text, fromJson };
}

/** A whole number in a range. */
export function integerOption<T extends number | undefined>(facts: NumberFacts<T>): Option<number | T> {
  return numberLike(facts, 'integer', (value) => Number.isSafeInteger(value));
}

export function numberOption<T extends number | undefined>(facts: NumberFacts<T>): Option<number | T> {
  return numberLike(facts, 'number', (value) => Number.isFinite(value));
}

/** `--name` and `--no-name`; in the environment `true`, `false`, `1`, `0`. */
export function booleanOption(facts: OptionFacts<boolean>): Option<boolean> {
  const words = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]);
  return {
    ...facts,
    type: 'boolean',
    range: 'true, false',
    fromText: (text) => words.get(text) ?? new OptionProblem('must be true or false'),
    fromJson: (json) => (typeof json === 'boolean' ? json : new OptionProblem('must be true or false')),
  };
}

/** One word of a closed list. */
export function oneOfOption<Word extends string, T extends Word | undefined>(
  words: readonly Word[],
  facts: OptionFacts<T> & { readonly negated?: Word },
): Option<Word | T> {
  const range = words.join(', ');
  const find = (value: unknown): Word | OptionProblem =>
    words.find((word) => word === value) ?? new OptionProblem(`must be one of ${range}`);
  return { ...facts, type: 'one-of', range, fromText: find, fromJson: find };
}

/** Words separated by commas; the flag may also be repeated; an array in a file. */
export function listOption(facts: OptionFacts<readonly string[]>): Option<readonly string[]> {
  const isWords = (json: unknown): json is readonly string[] => Array.isArray(json) && json.every((word) => typeof word === 'string');
  return {
    ...facts,
    type: 'list',
    range: '',
    fromText: (text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    fromJson: (json) => (isWords(json) ? json : new OptionProblem('must be an array of strings')),
  };
}

function numberLike<T extends number | undefined>(
  facts: NumberFacts<T>,
  type: 'integer' | 'number',
  isValid: (value: number) => boolean,
): Option<number | T> {
  const { min = -Infinity, max = Infinity } = facts;
  const noun = type === 'integer' ? 'an integer' : 'a number';
  const range = rangeText(facts);
  const fromJson = (json: unknown): number | OptionProblem => {
    if (typeof json !== 'number' || !isValid(json)) return new OptionProblem(`must be ${noun}`);
    return json >= min && json <= max ? json : new OptionProblem(`must be ${noun} ${range}`);
  };
  const fromText = (text: string): number | OptionProblem => fromJson(text.trim() === '' ? undefined : Number(text));
  return { ...facts, type, range, fromText, fromJson };
}

function rangeText({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  if (min !== undefined) return `${min} or more`;
  return max === undefined ? '' : `${max} or less`;
}
