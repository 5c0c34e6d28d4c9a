import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MavenArtifact {
  readonly groupId: string;
  readonly artifactId: string;
  readonly version: string;
}

/** Written last, so that a copy that was cut off does not count. */
const completeFile = '.complete';

/** Copies the artifacts and all they need at run time into `folder/lib`, through Maven and whatever repository it is set up with. */
export function installJars(folder: string, artifacts: readonly MavenArtifact[]): void {
  if (hasJars(folder, artifacts)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pom.xml'), pom(artifacts));
  const goal = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'lib')}`];
  const { status } = spawnSync('mvn', goal, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`services: Maven could not copy the jars (exit ${status}); run it again, or see its messages above`);
  writeFileSync(join(folder, completeFile), fingerprint(artifacts));
}

export function hasJars(folder: string, artifacts: readonly MavenArtifact[]): boolean {
  const path = join(folder, completeFile);
  return existsSync(path) && readFileSync(path, 'utf8') === fingerprint(artifacts);
}

function fingerprint(artifacts: readonly MavenArtifact[]): string {
  return artifacts.map(({ groupId, artifactId, version }) => `${groupId}:${artifactId}:${version}`).join('\n');
}

function pom(artifacts: readonly MavenArtifact[]): string {
  const dependencies = artifacts.map(
    ({ groupId, artifactId, version }) =>
      `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project><modelVersion>4.0.0</modelVersion><groupId>stepwright</groupId><artifactId>services</artifactId><version>1</version>
<packaging>pom</packaging><dependencies>${dependencies.join('')}</dependencies></project>\n`;
}
