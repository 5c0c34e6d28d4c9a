import { booleanOption, integerOption, listOption, oneOfOption, stringOption } from '../topology/base/option-types.ts';
import { logLevels } from '../topology/base/pino-logger.ts';

/** Where a process keeps its state. */
export const dataOptions = {
  data: stringOption({
    default: '.stepwright',
    help: 'Folder of the log, the stores, the views, the images and the keys; made when missing.',
  }),
  logLevel: oneOfOption(logLevels, { default: 'warn', help: 'Least severe lines that go to stderr, as JSON.' }),
};

/** The engine on the embedded log. */
export const engineOptions = {
  partitions: integerOption({ default: 4, min: 1, max: 256, help: 'Partitions of each topic; fixed when the data folder is made.' }),
  commitIntervalMs: integerOption({ default: 100, min: 1, max: 60_000, unit: 'ms', help: 'Longest time between two commits of a task.' }),
  stateBudgetBytes: integerOption({
    default: 128 << 20,
    min: 16 << 20,
    unit: 'bytes',
    help: 'Memory for the caches and write buffers of all stores of the process.',
  }),
  logSync: oneOfOption(['never', 'always'] as const, {
    default: 'never',
    help: 'Sync the log to the disk at every commit: survives a power cut, not only a crash of the process.',
  }),
};

/** What the gateway listens on. */
export const httpOptions = {
  host: stringOption({ default: '127.0.0.1', help: 'Address to listen on. Another than 127.0.0.1 opens the platform to the network.' }),
  port: integerOption({ default: 4280, min: 0, max: 65_535, help: 'Port to listen on; 0 takes a free one.' }),
  allowOrigins: listOption({ default: [], help: 'Web origins that may call the ingest API from a page.' }),
};

export const analyticsOptions = {
  analytics: booleanOption({ default: true, help: 'Fill the ClickHouse views, when the optional package chdb is installed.' }),
};
