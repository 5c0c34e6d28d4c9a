/**
 * Who may import whom (DESIGN §2): the one table; `check-imports.mjs` enforces it and ARCHITECTURE.md prints it (checked too).
 * The longest folder that is a prefix of a file decides. An entry is a folder or one file. A folder may always import itself.
 */
export const mayImport = {
  'topology/base': [],
  schemas: ['topology/base'],
  state: ['schemas', 'topology/base'],
  'topology/log': ['schemas', 'topology/base'],
  'topology/builder': ['schemas', 'topology/base', 'state/store.ts', 'state/keys'],
  'topology/runtime': ['schemas', 'topology/base', 'topology/log', 'topology/builder', 'state'],
  'topology/testing': ['schemas', 'topology', 'state'],
  topology: ['schemas', 'state', 'topology'],
  processors: ['schemas', 'topology/base', 'topology/builder', 'state/store.ts', 'state/keys', 'processors/ports', 'processors/model.ts'],
  'processors/ports': ['schemas', 'topology/base'],
  'processors/adapters': ['schemas', 'topology/base', 'processors/ports'],
  'processors/topology.ts': ['schemas', 'topology/base', 'topology/builder', 'state/store.ts', 'state/keys', 'processors'],
  'processors/safe-stage.ts': ['schemas', 'topology/base', 'topology/builder', 'state/store.ts', 'state/keys', 'processors'],
  sinks: ['schemas', 'topology/base', 'topology/builder', 'topology/log/log.ts', 'processors/ports'],
  gateway: ['schemas', 'topology/base', 'topology/log/log.ts', 'processors/ports', 'sinks/ports'],
  agent: ['schemas'],
  viewer: ['schemas'],
  services: [],
  // Boards show the same reports as the viewer.
  'services/grafana': ['services', 'sinks/clickhouse/queries.ts', 'sinks/ports'],
  bench: ['topology', 'state', 'schemas', 'processors', 'sinks', 'gateway', 'cli', 'services', 'agent/import', 'agent/sdk', 'agent/fleet'],
  cli: ['topology', 'state', 'schemas', 'processors', 'sinks', 'gateway', 'agent', 'viewer', 'services'],
};

/** A vendor package has owner folders; nobody else may import it. Tests are free. */
export const vendorOwners = {
  '@nxtedition/rocksdb': ['state/rocksdb', 'topology/log/embedded', 'sinks/scylla/embedded'],
  kafkajs: ['topology/log/kafka'],
  snappyjs: ['topology/log/kafka'],
  'lz4-napi': ['topology/log/kafka'],
  fzstd: ['topology/log/kafka'],
  avsc: ['schemas'],
  '@kafkajs/confluent-schema-registry': ['schemas'],
  'cassandra-driver': ['sinks/scylla', 'bench/sinks'],
  '@clickhouse/client': ['sinks/clickhouse', 'bench/sinks'],
  chdb: ['sinks/clickhouse', 'services/clickhouse'],
  hyparquet: ['sinks/lake'],
  'hyparquet-writer': ['sinks/lake', 'bench/sinks'],
  '@aws-sdk/client-s3': ['sinks/s3', 'bench/sinks'],
  '@aws-sdk/s3-request-presigner': ['sinks/s3'],
  sharp: ['processors/adapters', 'bench/images'],
  'blockhash-core': ['processors/adapters'],
  'libphonenumber-js': ['processors/redact'],
  express: ['gateway/http'],
  ws: ['gateway/live/adapters', 'bench/live'],
  'uWebSockets.js': ['gateway/live/adapters'],
  pino: ['topology/base'],
  'prom-client': ['topology/base'],
  ajv: ['schemas'],
  testcontainers: ['services'],
  'playwright-core': ['cli/record', 'cli/demo/recorder', 'agent/capture', 'bench/secrets', 'bench/capture'],
};

/** Node modules that a pure folder may not import: processors see no disk, no network, no process (T2). */
export const pureFolders = ['processors'];
export const impureExceptions = ['processors/adapters'];
export const impureModules = ['fs', 'net', 'http', 'https', 'child_process', 'worker_threads', 'process', 'timers', 'os', 'dgram'];
