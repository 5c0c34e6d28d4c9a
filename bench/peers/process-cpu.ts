import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second here, whatever the kernel's own tick (`man proc_pid_stat`, USER_HZ). */
const ticksPerSec = 100;
/** Places of user and system time behind the command's name, which is in parentheses and may hold anything. */
const userField = 11;
const systemField = 12;

/** CPU time of a process with all its threads, those that have ended included; 0 when it is gone. Linux only. */
export function cpuSecondsOf(pid: number): number {
  try {
    return parseCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (process.platform === 'linux') return 0;
    throw new Error('this bench reads CPU times from /proc and needs Linux', { cause: error });
  }
}

export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[userField]) + Number(fields[systemField])) / ticksPerSec;
}
