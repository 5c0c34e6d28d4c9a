import { renderConfigDoc } from '../../topology/base/option-docs.ts';
import type { Command } from '../command.ts';
import { defineCommand } from '../command.ts';

/** The text of docs/config.md: every option of every command that has any. */
export function configDoc(commands: readonly Command[]): string {
  const documented = commands.filter(({ table }) => Object.keys(table).length > 0);
  return renderConfigDoc(documented.map(({ name, about, table }) => ({ title: `stepwright ${name}`, about, table })));
}

/** `stepwright config`. It is handed the other commands, since it is one of them. */
export function createConfigCommand(others: readonly Command[]): Command {
  return defineCommand({
    name: 'config',
    about: 'Print every option of every command as docs/config.md has them.',
    usage: 'config',
    table: {},
    run: async (_values, _positionals, context) => {
      context.stdout(configDoc(others));
      return 0;
    },
  });
}
