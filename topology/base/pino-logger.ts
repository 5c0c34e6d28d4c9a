import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import type { Logger } from './logger.ts';
import { redactFields } from './redact-fields.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

export interface PinoLoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Where lines go. Default: standard error, written synchronously, because standard output is for results and the last line before a crash is the one wanted. */
  readonly destination?: DestinationStream;
}

const standardError = 2;

/** The logger port on pino: one JSON object a line, times in ISO 8601, well-known secret fields redacted (`redactFields`). */
export function createPinoLogger({ level = 'info', destination }: PinoLoggerOptions = {}): Logger {
  const stream = destination ?? pino.destination({ fd: standardError, sync: true });
  return portOf(
    pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, stream),
  );
}

/** Fields are redacted only when the level is on: a silent debug line costs one check. */
function portOf(line: Pino): Logger {
  return {
    debug: (fields, message) => {
      if (line.isLevelEnabled('debug')) line.debug(redactFields(fields), message);
    },
    info: (fields, message) => {
      if (line.isLevelEnabled('info')) line.info(redactFields(fields), message);
    },
    warn: (fields, message) => {
      if (line.isLevelEnabled('warn')) line.warn(redactFields(fields), message);
    },
    error: (fields, message) => line.error(redactFields(fields), message),
    child: (fields) => portOf(line.child(redactFields(fields))),
  };
}
