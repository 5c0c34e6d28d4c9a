import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const child = fileURLToPath(new URL('./full-disk-child.js', import.meta.url));
const tooLargeForAPipeBytes = 64 << 20;

/** Flags of `unshare` by which this user may mount in a namespace of its own; the mount ends with the process. */
export function mountFlags(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const script = 'mount -t tmpfs -o size=1m tmpfs /mnt';
  return ['-m', '-Urm'].find((flags) => spawnSync('unshare', [flags, 'sh', '-c', script], { stdio: 'ignore' }).status === 0);
}

/** Runs full-disk-child with a memory file system of so many bytes as its `root/data`; answers what it printed. */
export async function runOnSmallDisk(flags: string, sizeBytes: number, root: string, keysFolder: string): Promise<string> {
  mkdirSync(`${root}/data`, { recursive: true });
  const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2/data" && exec "$0" "$4" "$2" "$3"';
  const args = [flags, 'sh', '-c', script, process.execPath, String(sizeBytes), root, keysFolder, child];
  return (await promisify(execFile)('unshare', args, { maxBuffer: tooLargeForAPipeBytes })).stdout;
}
