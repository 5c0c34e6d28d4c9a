import type { SessionTokens } from '../../gateway/auth/session-tokens.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { LogLevel } from '../../topology/base/pino-logger.ts';
import type { RestoreProgress } from '../../topology/runtime/restore-driver.ts';
import { embeddedAdapters } from './adapters.ts';
import type { RunningStream } from './platform.ts';
import type { ProcessHealth } from './process-health.ts';
import { startRoleProcess } from './role-process.ts';
import { roles } from './roles.ts';
import type { Storage } from './storage.ts';

export interface ServerOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string | undefined;
  readonly allowOrigins: readonly string[];
  readonly partitions: number;
  readonly commitIntervalMs: number;
  readonly stateBudgetBytes: number;
  readonly logSync: 'never' | 'always';
  readonly logLevel: LogLevel;
  readonly analytics: boolean;
  readonly version: string;
  readonly onRestore?: (progress: RestoreProgress) => void;
}

/** A whole platform behind one port, in this process. */
export interface Server {
  readonly url: string;
  readonly storage: Storage;
  readonly platform: RunningStream;
  readonly health: ProcessHealth;
  /** Tokens that end with the process. */
  readonly tokens: SessionTokens;
  close(): Promise<void>;
}

/** Every role on one embedded folder. @throws {PORT_TAKEN | LOG_LOCKED | …} with everything closed that was opened. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { data, logSync, analytics, host, port, publicUrl, allowOrigins, version } = options;
  const adapters = { ...embeddedAdapters, logSync, analytics: analytics ? ('chdb' as const) : ('off' as const) };
  const gateway = { host, port, publicUrl, allowOrigins, version, isShared: false, spoolBytes: 0 };
  const process = await startRoleProcess({ ...options, data, adapters, roles, gateway });
  const { url, readSide, app, sinks, failures, health, tokens, close } = process;
  if (url === undefined || readSide === undefined || app === undefined)
    throw new StepwrightError('CONFIG_INVALID', 'a server has every role');
  return { url, storage: readSide, platform: { app, sinks, failures }, health, tokens, close };
}
