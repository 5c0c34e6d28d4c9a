import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8's heap grow to so many percent beyond what lives in it before it collects; 0 leaves that to V8, which on a machine with much memory
 * lets a process that holds 70 MiB keep as much again as garbage for hours. For the whole process, its worker threads included.
 */
export function limitHeapGrowth(percent: number): void {
  if (percent > 0) setFlagsFromString(`--heap-growing-percent=${percent}`);
}
