import { spawnSync } from 'node:child_process';

/** Those of `commands` that cannot be run here. */
export function missingCommands(commands: readonly string[]): readonly string[] {
  return commands.filter((command) => spawnSync('which', [command], { stdio: 'ignore' }).status !== 0);
}

/** `java 17` unless `java` is of that major version. */
export function missingJava(major: number): readonly string[] {
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return new RegExp(` version "${major}[."]`).test(stderr ?? '') ? [] : [`java ${major}`];
}
