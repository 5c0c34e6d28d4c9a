import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Builds every command of services/: what the newest of them asks for. */
const version = '1.26.8';

export interface GoProgram {
  readonly command: string;
  /** Set for it beside what the process has. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A Go that is new enough: the machine's own, or else one that its own fetches as a module, which needs nothing but a module proxy (Debian 12 has Go 1.19).
 * @throws {Error} when there is no Go, or the module cannot be had.
 */
export function newEnoughGo(): GoProgram {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  if (!isOlder(stdout ?? '', version)) return { command: 'go', environment: {} };
  const root = fetchToolchain();
  return { command: join(root, 'bin', 'go'), environment: { GOROOT: root, GOTOOLCHAIN: 'local' } };
}

/** Whether Go's name of a version, like `go1.19.8`, is of an older one than `than`, like `1.26.8`. Of a version that is not understood nothing is known: it counts as older. */
export function isOlder(goVersion: string, than: string): boolean {
  const [, own] = /^go(\d+(?:\.\d+){1,2})/.exec(goVersion.trim()) ?? [];
  if (own === undefined) return true;
  const [left, right] = [own, than].map((text) => text.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Answers its root folder. */
function fetchToolchain(): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const module = `golang.org/toolchain@v0.0.1-go${version}.${process.platform}-${architecture}`;
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`services: Go ${version} could not be fetched as ${module}: ${stdout.trim()}`);
  const { Dir: folder }: { readonly Dir: string } = JSON.parse(stdout);
  // A module's files have no leave to be run.
  const tools = join(folder, 'pkg', 'tool');
  for (const programs of [join(folder, 'bin'), ...readdirSync(tools).map((name) => join(tools, name))]) {
    for (const name of readdirSync(programs)) chmodSync(join(programs, name), 0o755);
  }
  return folder;
}
