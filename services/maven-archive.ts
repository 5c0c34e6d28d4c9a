import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MavenArtifact } from './maven.ts';

/** A distribution that is published as one archive. */
export interface MavenArchive extends MavenArtifact {
  readonly packaging: 'tar.gz';
  readonly classifier: string;
}

/** Written last, so that a copy that was cut off does not count. */
const completeFile = '.complete';

/** Unpacks the archive into `folder`, through Maven and whatever repository it is set up with. */
export function installArchive(folder: string, archive: MavenArchive): void {
  if (hasArchive(folder)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { groupId, artifactId, version, packaging, classifier } = archive;
  const coordinates = `${groupId}:${artifactId}:${version}:${packaging}:${classifier}`;
  const fetched = join(folder, 'fetched');
  run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${fetched}`], folder);
  const [file] = readdirSync(fetched);
  if (file === undefined) throw new Error(`services: Maven copied nothing for ${coordinates}`);
  run('tar', ['-xzf', join(fetched, file), '-C', folder], folder);
  rmSync(fetched, { recursive: true, force: true });
  writeFileSync(join(folder, completeFile), '');
}

export function hasArchive(folder: string): boolean {
  return existsSync(join(folder, completeFile));
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, [...args], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`services: ${command} failed (exit ${status}); run it again, or see its messages above`);
}
