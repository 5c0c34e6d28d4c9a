import { readFileSync } from 'node:fs';

const mebibyte = 1_048_576;

/** One look at the memory of the process: what an operator sees. */
export interface Sample {
  readonly eventCount: number;
  readonly residentBytes: number;
}

export interface Growth {
  /** Slope of the least-squares line through all samples. */
  readonly slopeBytesPer10k: number;
  /** Highest sample of the second half less that of the first, for as many events as lie between the middles of the halves. */
  readonly peakBytesPer10k: number;
}

/** Two estimates, because memory moves in saw teeth: one of the trend, one of the plateau. */
export function growthOf(samples: readonly Sample[]): Growth {
  const meanCount = mean(samples.map(({ eventCount }) => eventCount));
  const meanBytes = mean(samples.map(({ residentBytes }) => residentBytes));
  let products = 0;
  let squares = 0;
  for (const { eventCount, residentBytes } of samples) {
    products += (eventCount - meanCount) * (residentBytes - meanBytes);
    squares += (eventCount - meanCount) ** 2;
  }
  const middle = Math.floor(samples.length / 2);
  const peak = (part: readonly Sample[]): number => Math.max(...part.map(({ residentBytes }) => residentBytes));
  const spanCount = ((samples.at(-1)?.eventCount ?? 0) - (samples[0]?.eventCount ?? 0)) / 2;
  return {
    slopeBytesPer10k: (products / squares) * 10_000,
    peakBytesPer10k: ((peak(samples.slice(middle)) - peak(samples.slice(0, middle))) / spanCount) * 10_000,
  };
}

export function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** Of this process's children, chdb's for instance; Linux only, else 0. */
export function childrenResidentBytes(): number {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
    return children.reduce((sum, child) => sum + residentBytesOf(child), 0);
  } catch {
    return 0;
  }
}

function residentBytesOf(processId: string): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1_024;
}

export function inMiB(bytes: number): string {
  return (bytes / mebibyte).toFixed(1);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
