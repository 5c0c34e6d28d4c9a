import { existsSync } from 'node:fs';
import { createSystemClock } from '../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import { createPinoLogger } from '../../topology/base/pino-logger.ts';
import type { Log } from '../../topology/log/log.ts';
import type { dataOptions, logOptions } from '../options.ts';
import { embeddedAdapters, openLog } from './adapters.ts';
import { foldersOf } from './folders.ts';
import { kafkaChoiceOf } from './kafka-choice.ts';

/**
 * The log of a deployment, for a command that looks at it beside its processes: brokers, or the folder of one that is not running. Closed at the end.
 * @throws {CONFIG_INVALID} when the folder is none; {LOG_LOCKED} with `whenLocked`, the other way, when a server has it open.
 */
export async function withLog<T>(
  values: OptionValues<typeof dataOptions & typeof logOptions>,
  whenLocked: string,
  work: (log: Log) => Promise<T>,
): Promise<T> {
  const { data, log: kind, logLevel } = values;
  const folders = foldersOf(data);
  if (kind === 'embedded' && !existsSync(folders.log))
    throw new StepwrightError('CONFIG_INVALID', `--data: ${data} is not a data folder of Stepwright`);
  const environment = { folders, clock: createSystemClock(), logger: createPinoLogger({ level: logLevel }) };
  const log = await openLog({ ...embeddedAdapters, log: kind, kafka: kafkaChoiceOf(values) }, environment).catch((error: unknown) => {
    if (!hasCode(error, 'LOG_LOCKED')) throw error;
    throw new StepwrightError('LOG_LOCKED', `A server has ${data} open: ${whenLocked}`, { cause: error });
  });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}
