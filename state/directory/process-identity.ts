import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a lock file. Enough to tell a dead holder from a living one, a re-used pid included. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Kernel start of the machine, where the system tells (Linux). */
  readonly bootId: string | undefined;
  /** Start of the process in clock ticks since boot, where the system tells (Linux, proc(5) field 22). */
  readonly startTicks: string | undefined;
}

export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), bootId: bootId(), startTicks: startTicksOf(process.pid) };
}

/**
 * Whether the process of `holder` still runs. Same machine since the same boot: the pid lives and began when the holder did. After a
 * reboot of the same host: no. Another host: unknown, so it counts as running.
 */
export function isRunning(holder: ProcessIdentity, self: ProcessIdentity = currentProcess()): boolean {
  if (holder.bootId !== self.bootId) return holder.host !== self.host;
  if (holder.bootId === undefined && holder.host !== self.host) return true;
  if (!isAlive(holder.pid)) return false;
  return holder.startTicks === undefined || holder.startTicks === startTicksOf(holder.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function bootId(): string | undefined {
  return read('/proc/sys/kernel/random/boot_id')?.trim();
}

function startTicksOf(pid: number): string | undefined {
  // The command name, field 2, is in parentheses and may hold spaces and parentheses: count from the last one.
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
