import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { newEnoughGo } from './go-toolchain.ts';

export interface GoCommand {
  /** Import path of the command's package; its last part names the binary. */
  readonly path: string;
  readonly version: string;
  /** Build tags; part of what is built, so a change of them needs a new folder. */
  readonly tags?: readonly string[];
}

/** Builds the command into `folder`, through Go and whatever module proxy it is set up with. A build that was cut off leaves no binary. */
export function installGoCommand(folder: string, command: GoCommand): void {
  if (hasGoCommand(folder, command)) return;
  const unfinished = join(folder, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const go = newEnoughGo();
  const env = { ...process.env, ...go.environment, GOBIN: unfinished };
  const tags = command.tags === undefined ? [] : ['-tags', command.tags.join(',')];
  const { status } = spawnSync(go.command, ['install', ...tags, `${command.path}@${command.version}`], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`services: Go could not build ${command.path} (exit ${status}); see its messages above`);
  renameSync(join(unfinished, basename(command.path)), goBinary(folder, command));
  rmSync(unfinished, { recursive: true, force: true });
}

export function hasGoCommand(folder: string, command: GoCommand): boolean {
  return existsSync(goBinary(folder, command));
}

export function goBinary(folder: string, { path, version }: GoCommand): string {
  return join(folder, `${basename(path)}-${version}`);
}
