import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder, repositoryRoot } from '../../../services/cache-folder.ts';
import { installJars } from '../../../services/maven.ts';
import { missingCommands } from '../../../services/tools.ts';

export const kafkaStreamsVersion = '4.3.1';

const artifacts = [
  { groupId: 'org.apache.kafka', artifactId: 'kafka-streams', version: kafkaStreamsVersion },
  { groupId: 'org.slf4j', artifactId: 'slf4j-simple', version: '1.7.36' },
];
const stampFile = '.compiled';

/**
 * Fetches Kafka Streams from Maven Central and compiles the peer, where that was not done yet. Gives the command line that runs it: the JVM's defaults with 1 GiB
 * of heap, both compilers.
 * @throws {Error} naming what is missing on the machine, or the compiler's messages.
 */
export function kafkaStreamsCommand(): readonly string[] {
  const missing = missingCommands(['java', 'javac', 'mvn']);
  if (missing.length > 0) throw new Error(`the peer needs ${missing.join(' and ')} on the PATH (a JDK of 17 or newer, and Maven)`);
  const jars = cacheFolder(join('kafka-streams', kafkaStreamsVersion));
  installJars(jars, artifacts);
  const classes = compile(join(jars, 'lib', '*'));
  const classPath = [classes, join(jars, 'lib', '*')].join(process.platform === 'win32' ? ';' : ':');
  return ['java', '-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, 'stepwright.peer.Peer'];
}

function compile(classPath: string): string {
  const folder = join(repositoryRoot(), 'bench', 'peers', 'kafka-streams', 'java', 'stepwright', 'peer');
  const files = readdirSync(folder).map((name) => join(folder, name));
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const stamp = hash.digest('hex');
  const classes = cacheFolder(join('kafka-streams', 'classes'));
  const stampPath = join(classes, stampFile);
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return classes;
  rmSync(classes, { recursive: true, force: true });
  mkdirSync(classes, { recursive: true });
  const { status, stderr } = spawnSync('javac', ['-Xlint:all', '-d', classes, '-cp', classPath, ...files], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the peer does not compile: ${stderr}`);
  writeFileSync(stampPath, stamp);
  return classes;
}
