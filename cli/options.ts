import { booleanOption, integerOption, listOption, oneOfOption, stringOption } from '../topology/base/option-types.ts';
import { logLevels } from '../topology/base/pino-logger.ts';
import { analyticsKinds, logKinds, objectKinds, saslMechanisms, viewKinds } from './platform/adapters.ts';
import { roles } from './platform/roles.ts';

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
  partitions: integerOption({ default: 4, min: 1, max: 256, help: 'Partitions of each topic; fixed when the topics are made.' }),
  commitIntervalMs: integerOption({ default: 100, min: 1, max: 60_000, unit: 'ms', help: 'Longest time between two commits of a task.' }),
  stateBudgetBytes: integerOption({
    default: 64 << 20,
    min: 16 << 20,
    unit: 'bytes',
    help: 'Memory for the caches, the write buffers and what is not flushed yet of all stores of the process, its threads together. Each partition has its part, whether its task is here or not; below 4 MiB a part, tasks flush more often.',
  }),
  logSync: oneOfOption(['never', 'always'] as const, {
    default: 'never',
    help: 'Sync the log to the disk at every commit: survives a power cut, not only a crash of the process.',
  }),
};

/** Of a process that stays up. */
export const memoryOptions = {
  heapGrowthPercent: integerOption({
    default: 50,
    min: 0,
    max: 1_000,
    unit: '%',
    help: 'How far the heap may grow beyond what lives in it before it is collected; 0 leaves it to V8, which is faster and holds more.',
  }),
};

/** What the gateway listens on. */
export const httpOptions = {
  host: stringOption({ default: '127.0.0.1', help: 'Address to listen on. Another than 127.0.0.1 opens the platform to the network.' }),
  port: integerOption({ default: 4280, min: 0, max: 65_535, help: 'Port to listen on; 0 takes a free one.' }),
  publicUrl: stringOption({
    default: undefined,
    help: 'Address by which browsers reach it through a proxy, like https://guides.example.com: that host is accepted, and over https cookies are Secure.',
  }),
  allowOrigins: listOption({ default: [], help: 'Web origins that may call the ingest API from a page.' }),
};

export const analyticsOptions = {
  analytics: oneOfOption(analyticsKinds, {
    default: 'chdb',
    negated: 'off',
    help: 'Who answers analysts: chdb, the ClickHouse engine beside the process when that optional package is installed; clickhouse, a server (of stepwright run); or off, as --no-analytics.',
  }),
};

/** Where rows, pictures and documents are. */
export const placeOptions = {
  views: oneOfOption(viewKinds, {
    default: 'embedded',
    help: 'Where the rows are that people read: in the --state folder of one process, or on ScyllaDB or Cassandra.',
  }),
  objects: oneOfOption(objectKinds, {
    default: 'folder',
    help: 'Where pictures and documents are: a folder under --data, shared by all processes, or a bucket of S3 or a server that speaks it.',
  }),
};

/** Which roles a process has, and on what. */
export const roleOptions = {
  roles: listOption({ default: roles, help: `What this process does: any of ${roles.join(', ')}.` }),
  state: stringOption({
    default: undefined,
    help: 'Folder that this process keeps for itself: stores, views, spool. The --data folder when not given; two processes need two.',
  }),
  ...placeOptions,
  spoolBytes: integerOption({
    default: 1 << 30,
    min: 1 << 20,
    unit: 'bytes',
    help: 'Disk of the gateway for what it acks while Kafka is away, in the --state folder; full, it refuses.',
  }),
  threads: integerOption({
    default: 1,
    min: 1,
    max: 64,
    help: 'Worker threads of the role processors, each a member of the group with its own connections; with --log kafka.',
  }),
  standbys: integerOption({
    default: 0,
    min: 0,
    max: 10,
    help: "Copies of each task's stores in other processes, so that it moves without restoring.",
  }),
  advertisedHost: stringOption({
    default: undefined,
    help: "Name by which the group tells processes apart, so that a copy stands in another one, with or without a port; the machine's name and the process id when not given.",
  }),
  adminHost: stringOption({ default: '127.0.0.1', help: 'Address of --admin-port; it asks for no key.' }),
  adminPort: integerOption({
    default: undefined,
    min: 0,
    max: 65_535,
    help: 'Port for /healthz, /readyz, /metrics and /tasks. 4281 when not given and the process has no gateway; 0 takes a free one.',
  }),
  stopWithinMs: integerOption({
    default: 30_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    help: 'Longest time from SIGTERM to the end: requests under way, commit, flush, leaving the group.',
  }),
};

/** With `--log kafka`. */
export const kafkaOptions = {
  brokers: listOption({ default: [], help: 'host:port of some brokers, with --log kafka; the others are found through them.' }),
  replicationFactor: integerOption({
    default: undefined,
    min: 1,
    max: 100,
    help: "Replicas of topics that are made here; the broker's default when not given.",
  }),
  sessionTimeoutMs: integerOption({
    default: 10_000,
    min: 1_000,
    max: 300_000,
    unit: 'ms',
    help: 'A process that the group has not heard of for this long has lost its tasks.',
  }),
  brokersTls: booleanOption({ default: false, help: 'Speak TLS with the brokers.' }),
  brokersCa: stringOption({
    default: undefined,
    help: "PEM file of the authority that signed the brokers' certificates; the system's when not given.",
  }),
  brokersMechanism: oneOfOption(saslMechanisms, { default: 'scram-sha-512', help: 'How --brokers-user proves who it is.' }),
  brokersUser: stringOption({ default: undefined, help: 'Name at the brokers (SASL).' }),
  brokersPassword: stringOption({
    default: undefined,
    secret: true,
    help: 'Password of --brokers-user; better in the environment than in a flag.',
  }),
};

/** Where the topics are. */
export const logOptions = {
  log: oneOfOption(logKinds, { default: 'embedded', help: 'Where the topics are: in the --data folder of one process, or on Kafka.' }),
  ...kafkaOptions,
};
