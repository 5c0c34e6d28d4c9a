import { randomBytes } from 'node:crypto';
import { createSessionTokens, type SessionTokens } from '../../gateway/auth/session-tokens.ts';
import { startAdminServer } from '../../gateway/http/admin-server.ts';
import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { createPinoLogger, type LogLevel } from '../../topology/base/pino-logger.ts';
import { mergeMetricPages } from '../../topology/base/metric-pages.ts';
import { createPromMetrics } from '../../topology/base/prom-metrics.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { openSpool, type AdapterChoice } from './adapters.ts';
import { Failures } from './failures.ts';
import { followKeys } from './follow-keys.ts';
import { foldersOf, makeFolder } from './folders.ts';
import { guideTopology } from './guide-topology.ts';
import { jsonSafe } from './json-safe.ts';
import { OpenedParts } from './opened-parts.ts';
import { observePlatform } from './operator-view.ts';
import { ProcessHealth } from './process-health.ts';
import { startProcessorThreads } from './processor-threads.ts';
import { quarantineOf, startProcessors, type RunningApp, type RunningProcessors, type TaskOptions } from './processors.ts';
import type { Role } from './roles.ts';
import type { SinkHandle } from './sink-handle.ts';
import { startGateway, type GatewayOptions, type GatewayParts, type ProcessTools, type RunningGateway } from './start-gateway.ts';
import { startSinks } from './sinks.ts';
import { joined, openReadSide, openShared, type SharedStorage, type Storage } from './storage.ts';

export interface RoleProcessOptions extends TaskOptions {
  readonly roles: readonly Role[];
  readonly adapters: AdapterChoice;
  /** Folder that all processes share. */
  readonly data: string;
  /** Folder of this process alone. Default: `data`. */
  readonly state?: string | undefined;
  readonly gateway: GatewayOptions;
  /** Where probes and metrics are answered without a key. */
  readonly admin?: { readonly host: string; readonly port: number } | undefined;
  /** Of new topics. */
  readonly partitions: number;
  readonly logLevel: LogLevel;
  /** Of the role processors. Default 1: the process's own. */
  readonly threads?: number;
  readonly onRestore?: (progress: RestoreProgress) => void;
}

/** One process of a deployment: some of the roles on shared storage. */
export interface RoleProcess {
  readonly storage: SharedStorage;
  /** Of the roles gateway and sinks. */
  readonly readSide: Storage | undefined;
  /** Of the role processors. */
  readonly app: RunningApp | undefined;
  /** Of the role sinks. */
  readonly sinks: readonly SinkHandle[];
  /** Of the role gateway. */
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
  /** Tokens of this process, which end with it. */
  readonly tokens: SessionTokens;
  /** API keys that stood in the shared file at the start. */
  readonly keyCount: number;
  readonly health: ProcessHealth;
  /** Messages of what failed for good, newest last. */
  readonly failures: readonly string[];
  /** Takes no more requests, commits, flushes, hands its tasks over, leaves the group, carries to the sinks what was read. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens everything in order, and closes what was opened when a later part refuses. Probes are answered from the first moment.
 * @throws {PORT_TAKEN | LOG_LOCKED | LOG_UNAVAILABLE | STATE_LOCKED | …}
 */
export async function startRoleProcess(options: RoleProcessOptions): Promise<RoleProcess> {
  const opened = new OpenedParts();
  const health = new ProcessHealth();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    health.stopping();
    return (closing ??= opened.close());
  };
  try {
    return { ...(await openAll(options, health, opened)), health, close };
  } catch (error) {
    // What refused to open says more than what then refused to close.
    await close().catch(() => undefined);
    throw error;
  }
}

/** Latest first when it closes: requests end before tasks, tasks before sinks, so that each carries what the one before has made. */
async function openAll(
  options: RoleProcessOptions,
  health: ProcessHealth,
  opened: OpenedParts,
): Promise<Omit<RoleProcess, 'health' | 'close'>> {
  const base = await openBase(options, health, opened);
  const stream = await startStream(options, base, opened);
  const { process, storage, metricsText } = base;
  const { app, sinks, whole, failures } = stream;
  const topology = guideTopology(storage, quarantineOf(storage), createImageTools());
  const observer = opened.add(observePlatform({ ...process, log: storage.log, topology, sinks, metricsText, ...(app && { app }) }));
  const tokens = createSessionTokens(randomBytes);
  const keys = await followKeys(storage.folders.keyFile, process);
  const parts: Omit<GatewayParts, 'spool'> = { ...process, observer, health, verifiers: [keys, tokens], sinks };
  const gateway = options.roles.includes('gateway') && whole !== undefined ? await openGateway(options, whole, parts, opened) : undefined;
  health.started({ sinks, keys, ...(app && { app }), ...(gateway && { isLogAway: gateway.isLogAway }) });
  const addresses = { url: gateway?.url, adminUrl: base.adminUrl };
  return { storage, readSide: whole, app, sinks, ...addresses, tokens, keyCount: keys.list().length, failures: failures.messages() };
}

async function openGateway(
  { adapters, gateway }: RoleProcessOptions,
  storage: Storage,
  parts: Omit<GatewayParts, 'spool'>,
  opened: OpenedParts,
): Promise<RunningGateway> {
  const spool = await openSpool(adapters, { ...parts, folders: storage.folders });
  if (spool !== undefined) opened.add(spool);
  return startGateway(gateway, storage, { ...parts, spool }, opened);
}

interface Base {
  readonly process: ProcessTools;
  readonly storage: SharedStorage;
  readonly adminUrl: string | undefined;
  /** The tasks, once there are any: the admin server is there before. */
  readonly late: { processors?: RunningProcessors };
  readonly metricsText: () => Promise<string>;
}

async function openBase(options: RoleProcessOptions, health: ProcessHealth, opened: OpenedParts): Promise<Base> {
  const { roles, adapters, data, state, admin, partitions: partitionCount } = options;
  const metrics = createPromMetrics({ process: true });
  const process = { clock: createSystemClock(), logger: createPinoLogger({ level: options.logLevel }), metrics, random: Math.random };
  makeFolder(data, '--data');
  if (state !== undefined) makeFolder(state, '--state');
  const late: Base['late'] = {};
  const tasks = async (): Promise<unknown> => ({
    roles,
    state: late.processors?.app.state(),
    tasks: jsonSafe((await late.processors?.app.tasks()) ?? []),
  });
  const metricsText = async (): Promise<string> => mergeMetricPages([await metrics.page(), (await late.processors?.metricsText?.()) ?? '']);
  const adminUrl = admin && opened.add(await startAdminServer({ ...admin, health, metricsText, tasks })).url;
  const storage = opened.add(await openShared({ ...process, adapters, folders: foldersOf(data, state), partitionCount }));
  return { process, storage, adminUrl, late, metricsText };
}

interface Stream {
  /** Storage with the views, for the roles that need them. */
  readonly whole: Storage | undefined;
  readonly app: RunningApp | undefined;
  readonly sinks: readonly SinkHandle[];
  readonly failures: Failures;
}

async function startStream(options: RoleProcessOptions, { process, storage, late }: Base, opened: OpenedParts): Promise<Stream> {
  const { roles, adapters } = options;
  const failures = new Failures();
  const needsViews = roles.includes('gateway') || roles.includes('sinks');
  const readSide = needsViews ? opened.add(await openReadSide(storage, adapters, { ...process, folders: storage.folders })) : undefined;
  const whole = readSide && joined(storage, readSide);
  const isSinks = roles.includes('sinks') && whole !== undefined;
  const sinks = isSinks ? opened.add(startSinks({ ...process, storage: whole, lake: adapters.lake }, failures)).all : [];
  if (!roles.includes('processors')) return { whole, app: undefined, sinks, failures };
  late.processors = opened.add(await openProcessors(options, { process, storage }, failures));
  return { whole, app: late.processors.app, sinks, failures };
}

function openProcessors(
  options: RoleProcessOptions,
  { process, storage }: Pick<Base, 'process' | 'storage'>,
  failures: Failures,
): Promise<RunningProcessors> {
  const {
    threads = 1,
    adapters,
    data,
    state,
    partitions,
    logLevel,
    commitIntervalMs,
    stateBudgetBytes,
    standbys,
    advertisedHost,
  } = options;
  if (threads === 1) return startProcessors({ ...options, ...process, storage }, failures);
  const tasks = {
    commitIntervalMs,
    stateBudgetBytes,
    ...(standbys !== undefined && { standbys }),
    ...(advertisedHost !== undefined && { advertisedHost }),
  };
  return startProcessorThreads({ ...tasks, adapters, data, state, partitions, logLevel }, threads, {
    failures,
    onRestore: options.onRestore,
  });
}
