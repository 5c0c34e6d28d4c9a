import type { Option } from './option-types.ts';
import { envName, flagName, type OptionTable } from './options.ts';

/** A process or command and its options. */
export interface OptionSection {
  readonly title: string;
  /** One sentence below the title. */
  readonly about: string;
  readonly table: OptionTable;
}

/** The text of docs/config.md. A test compares it with the file. */
export function renderConfigDoc(sections: readonly OptionSection[]): string {
  const intro = [
    '# Configuration',
    '',
    'Generated from the option tables; do not edit. A flag wins over an environment variable, that over the config file (`--config FILE`, JSON, the names of the',
    'first column), that over the default. Unknown names are refused with the nearest known one.',
    '',
  ];
  return [...intro, ...sections.flatMap(renderSection)].join('\n');
}

function renderSection({ title, about, table }: OptionSection): readonly string[] {
  const rows = Object.entries(table).map(([name, option]) => renderRow(name, option));
  return [
    `## ${title}`,
    '',
    about,
    '',
    '| name | flag | environment | type | default | what it does |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

function renderRow(name: string, option: Option<unknown>): string {
  const cells = [
    `\`${name}\``,
    `\`${flagName(name)}\``,
    `\`${envName(name, option)}\``,
    typeText(option),
    defaultText(option),
    option.help,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Lines for --help: flag, help, default. */
export function renderHelp(table: OptionTable): string {
  const entries = Object.entries(table);
  const flags = entries.map(([name, option]) => (option.type === 'boolean' ? flagName(name) : `${flagName(name)} ${placeholder(option)}`));
  const width = Math.max(0, ...flags.map((flag) => flag.length));
  return entries
    .map(([, option], index) => `  ${(flags[index] ?? '').padEnd(width)}  ${option.help} (${defaultText(option).replaceAll('`', '')})`)
    .join('\n');
}

function placeholder(option: Option<unknown>): string {
  return option.type === 'one-of' ? option.range.replaceAll(', ', '|') : (option.unit ?? option.type).toUpperCase();
}

function typeText(option: Option<unknown>): string {
  const unit = option.unit === undefined ? '' : `, ${option.unit}`;
  const range = option.range === '' || option.type === 'boolean' ? '' : `, ${option.range}`;
  return `${option.type}${unit}${range}`;
}

function defaultText(option: Option<unknown>): string {
  if (option.default === undefined) return 'none';
  if (option.secret === true) return 'a secret';
  const value: unknown = Array.isArray(option.default) ? option.default.join(',') : option.default;
  return value === '' ? 'empty' : `\`${String(value)}\``;
}
