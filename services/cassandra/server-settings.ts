export interface CassandraSettings {
  readonly directory: string;
  readonly port: number;
  readonly storagePort: number;
  /** Asks for a name and a password; the first ones are cassandra and cassandra. */
  readonly authentication: boolean;
  /** `periodic` acks before the disk has a write, as servers with copies elsewhere do; `batch` after, so that a killed single node loses nothing. */
  readonly commitLogSync: 'periodic' | 'batch';
}

/** `cassandra.yaml` of one node on the loopback address that owns the whole ring. */
export function serverYaml({ directory, port, storagePort, authentication, commitLogSync }: CassandraSettings): string {
  const settings: Readonly<Record<string, string | number | boolean>> = {
    cluster_name: 'stepwright',
    num_tokens: 1,
    initial_token: 0,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: storagePort,
    native_transport_port: port,
    start_native_transport: true,
    commitlog_directory: `${directory}/commitlog`,
    saved_caches_directory: `${directory}/saved_caches`,
    hints_directory: `${directory}/hints`,
    cdc_raw_directory: `${directory}/cdc_raw`,
    commitlog_sync: commitLogSync,
    commitlog_segment_size: '16MiB',
    commitlog_total_space: '256MiB',
    memtable_heap_space: '128MiB',
    memtable_offheap_space: '128MiB',
    memtable_allocation_type: 'offheap_objects',
    concurrent_reads: 16,
    concurrent_writes: 16,
    auto_snapshot: false,
    authenticator: authentication ? 'PasswordAuthenticator' : 'AllowAllAuthenticator',
    authorizer: authentication ? 'CassandraAuthorizer' : 'AllowAllAuthorizer',
    role_manager: 'CassandraRoleManager',
    storage_compatibility_mode: 'NONE',
    // Tests make and drop keyspaces as they go: the usual wait before a role or a grant counts would be theirs.
    roles_validity: '0ms',
    ...(commitLogSync === 'periodic' && { commitlog_sync_period: '1000ms' }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [
    ...lines,
    `data_file_directories: [${JSON.stringify(`${directory}/data`)}]`,
    'seed_provider:',
    '  - class_name: org.apache.cassandra.locator.SimpleSeedProvider',
    `    parameters: [{ seeds: "127.0.0.1:${storagePort}" }]`,
    '',
  ].join('\n');
}

/** Console only: `background-process.ts` keeps what is printed. */
export const logbackXml = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{20} - %msg%n</pattern></encoder></appender>
  <root level="WARN"><appender-ref ref="OUT"/></root>
</configuration>
`;
