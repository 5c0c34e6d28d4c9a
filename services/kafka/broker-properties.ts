import type { SecureListener } from './secure-listener.ts';
import { secureProperties } from './secure-listener.ts';

export interface BrokerSettings {
  readonly dataFolder: string;
  readonly port: number;
  readonly controllerPort: number;
  /** Of a cluster of several; alone when not given. */
  readonly cluster?: ClusterPlace | undefined;
  /** A second listener, with TLS and passwords. */
  readonly secure?: SecureListener | undefined;
}

export interface ClusterPlace {
  readonly nodeId: number;
  /** `id@host:port` of every controller. */
  readonly voters: readonly string[];
}

/**
 * Nodes that are broker and controller, for tests: few internal partitions, no wait before the first rebalance, cleaners that look often.
 * Records may carry any time stamp; what is kept is each topic's own business. In a cluster every topic stands on all nodes up to three, and a write needs two.
 */
export function brokerProperties({ dataFolder, port, controllerPort, cluster, secure }: BrokerSettings): string {
  const replicaCount = Math.min(3, cluster?.voters.length ?? 1);
  const needed = Math.min(2, replicaCount);
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`, ...(secure === undefined ? [] : [`SECURE://127.0.0.1:${secure.port}`])];
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': String(cluster?.nodeId ?? 1),
    ...(cluster === undefined
      ? { 'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}` }
      : { 'controller.quorum.voters': cluster.voters.join(',') }),
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': listeners.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    'log.dirs': dataFolder,
    'default.replication.factor': String(replicaCount),
    'min.insync.replicas': String(needed),
    'offsets.topic.replication.factor': String(replicaCount),
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': String(replicaCount),
    'transaction.state.log.min.isr': String(needed),
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': String(replicaCount),
    'share.coordinator.state.topic.min.isr': String(needed),
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    'log.retention.ms': '-1',
    'log.message.timestamp.after.max.ms': '9223372036854775807',
    'log.cleaner.backoff.ms': '1000',
    'log.cleaner.dedupe.buffer.size': '33554432',
    ...(secure === undefined ? {} : secureProperties(secure)),
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
