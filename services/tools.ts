import { spawnSync } from 'node:child_process';

/** Those of `commands` that cannot be run here. */
export function missingCommands(commands: readonly string[]): readonly string[] {
  return commands.filter((command) => spawnSync('which', [command], { stdio: 'ignore' }).status !== 0);
}
