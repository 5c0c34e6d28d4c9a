import { loadavg } from 'node:os';
import type { FleetAck, FleetReport } from '../../agent/fleet/fleet.ts';
import { cpuMsOf } from '../server/server-process.ts';
import { giveOrder, preciseNowMs, type WatchReport } from './child.ts';
import { percentile, rounded } from './percentile.ts';
import { watchServer, type ServerFigures } from './server-gauges.ts';

export interface LoadOptions {
  readonly baseUrl: string;
  readonly token: string;
  /** Two events each half second of a session. */
  readonly eventsPerSec: number;
  readonly durationMs: number;
  readonly pictureEvery: number;
  readonly watcherCount: number;
  /** Of the platform's processes, and where they tell their figures. */
  readonly pids: readonly number[];
  readonly metricsUrls: readonly string[];
  /** Read at a steady pace meanwhile. */
  readonly guideId?: string;
}

export interface LoadResult extends ServerFigures {
  readonly wantedEventsPerSec: number;
  readonly sessionCount: number;
  readonly ackedEventsPerSec: number;
  /** Of the whole stretch, opening and finishing included: what holds also where other programs share the cores. */
  readonly eventsPerCpuSec: number;
  /** Runnable processes of the machine, the mean of the last minute. */
  readonly machineLoad: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly lateCount: number;
  readonly watchedCount: number;
  /** Steps whose click was acked and that never reached their watcher. */
  readonly missedCount: number;
  /** From the ack's arrival at the agent to the step's arrival at the watcher; 0 when the step came first. */
  readonly liveP50Ms: number;
  readonly liveP99Ms: number;
  readonly liveMaxMs: number;
  /** Steps with a picture: how many were watched, how many pictures came before the bench looked away, and how long after the ack. */
  readonly picturedCount: number;
  readonly pictureMissedCount: number;
  readonly pictureP50Ms: number;
  readonly pictureP99Ms: number;
  readonly readCount: number;
  readonly readP50Ms: number;
  readonly readP95Ms: number;
}

const batchIntervalMs = 500;
const eventsPerBatch = 2;
/** For the processes to start and the sessions to open. */
const leadMs = 4_000;
/** Left out of every figure: sessions open, code gets warm. */
const warmUpMs = 2_000;
const afterMs = 2_500;
const readsPerSec = 20;
let loadCount = 0;

/** One load for one stretch of time, on sessions of its own; fleet and watchers are processes of their own. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { baseUrl, token, eventsPerSec, pictureEvery, watcherCount, guideId, pids, metricsUrls } = options;
  const sessionCount = Math.max(1, Math.round((eventsPerSec * batchIntervalMs) / 1_000 / eventsPerBatch));
  const prefix = `fleet-${process.pid}-${(loadCount += 1)}`;
  const durationMs = warmUpMs + options.durationMs;
  const cpuBeganMs = cpuMsOfAll(pids);
  const startAtMs = preciseNowMs() + leadMs;
  const order = { baseUrl, token };
  const fleet = giveOrder<FleetReport>('fleet-process', {
    ...order,
    prefix,
    sessionCount,
    batchIntervalMs,
    durationMs,
    startAtMs,
    pictureEvery,
  });
  const step = sessionCount / Math.min(watcherCount, sessionCount);
  const sessionIds = Array.from({ length: Math.min(watcherCount, sessionCount) }, (_, index) => `${prefix}-${Math.floor(index * step)}`);
  const untilMs = startAtMs + durationMs + afterMs;
  const watch = giveOrder<WatchReport>('watch-process', { ...order, sessionIds, untilMs, guideId, readsPerSec });
  const [report, watched, figures] = await Promise.all([fleet, watch, watchServer(metricsUrls, token, watch)]);
  const measured = report.acks.filter(({ sentAtMs }) => sentAtMs > startAtMs + warmUpMs);
  const eventsPerCpuSec = Math.round(eventCountOf(report.acks) / ((cpuMsOfAll(pids) - cpuBeganMs) / 1_000));
  const machine = { eventsPerCpuSec, machineLoad: rounded(loadavg()[0] ?? Number.NaN) };
  return {
    wantedEventsPerSec: eventsPerSec,
    sessionCount,
    ...machine,
    ...figures,
    ...ackFigures(report, measured),
    ...liveFigures(measured, sessionIds, watched),
  };
}

function cpuMsOfAll(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

type AckFigures = Pick<LoadResult, 'ackedEventsPerSec' | 'ackP50Ms' | 'ackP99Ms' | 'refusals' | 'lateCount'>;

function ackFigures({ refusals, lateCount }: FleetReport, acks: readonly FleetAck[]): AckFigures {
  const latencies = acks.map(({ sentAtMs, ackedAtMs }) => ackedAtMs - sentAtMs);
  const eventCount = eventCountOf(acks);
  const [first, last] = [
    percentile(
      acks.map(({ sentAtMs }) => sentAtMs),
      0.0001,
    ),
    percentile(
      acks.map(({ ackedAtMs }) => ackedAtMs),
      1,
    ),
  ];
  const ackedEventsPerSec = Math.round(eventCount / Math.max(0.001, (last - first) / 1_000));
  return {
    ackedEventsPerSec,
    ackP50Ms: rounded(percentile(latencies, 0.5)),
    ackP99Ms: rounded(percentile(latencies, 0.99)),
    refusals,
    lateCount,
  };
}

function eventCountOf(acks: readonly FleetAck[]): number {
  return acks.reduce((sum, ack) => sum + ack.eventCount, 0);
}

function liveFigures(
  acks: readonly FleetAck[],
  sessionIds: readonly string[],
  { arrivals, pictures, readMs }: WatchReport,
): Omit<LoadResult, keyof AckFigures | keyof ServerFigures | 'wantedEventsPerSec' | 'sessionCount' | 'eventsPerCpuSec' | 'machineLoad'> {
  const watched = new Set(sessionIds);
  const clicks = acks.filter(({ sessionId, marker }) => marker !== undefined && watched.has(sessionId));
  const latencies = latenciesOf(clicks, arrivals);
  const pictured = clicks.filter(({ isPictured }) => isPictured);
  const pictureMs = latenciesOf(pictured, pictures);
  return {
    watchedCount: latencies.length,
    missedCount: clicks.length - latencies.length,
    liveP50Ms: rounded(percentile(latencies, 0.5)),
    liveP99Ms: rounded(percentile(latencies, 0.99)),
    liveMaxMs: rounded(percentile(latencies, 1)),
    picturedCount: pictured.length,
    pictureMissedCount: pictured.length - pictureMs.length,
    pictureP50Ms: rounded(percentile(pictureMs, 0.5)),
    pictureP99Ms: rounded(percentile(pictureMs, 0.99)),
    readCount: readMs.length,
    readP50Ms: rounded(percentile(readMs, 0.5)),
    readP95Ms: rounded(percentile(readMs, 0.95)),
  };
}

/** From the ack's arrival at the agent; those that never arrived are left out. */
function latenciesOf(clicks: readonly FleetAck[], arrivals: Readonly<Record<string, number>>): readonly number[] {
  return clicks.flatMap(({ sessionId, marker, ackedAtMs }) => {
    const arrivedAtMs = arrivals[`${sessionId} ${marker ?? ''}`];
    return arrivedAtMs === undefined ? [] : [Math.max(0, arrivedAtMs - ackedAtMs)];
  });
}

const boundedAckMs = 150;
const boundedLiveMs = 1_000;
/** Pictures may lag, but not ever more: at this age of the oldest one the process does not carry them. */
const boundedPictureMs = 4_000;

/** True when the process carried the load: what was wanted was acked, in bounded time, and the chain kept up with it. */
export function isCarried(result: LoadResult): boolean {
  const isWhole = result.ackedEventsPerSec >= result.wantedEventsPerSec * 0.93 && Object.keys(result.refusals).length === 0;
  const isLive = result.liveP99Ms < boundedLiveMs && result.missedCount === 0;
  return isWhole && isLive && result.ackP99Ms < boundedAckMs && result.oldestPictureMs < boundedPictureMs;
}
