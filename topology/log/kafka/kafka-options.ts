import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import type { Clock } from '../../base/clock.ts';
import { createSystemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { silentLogger } from '../../base/logger.ts';
import type { CompressionCodecs, CompressionName } from '../batch/compression.ts';
import { kafkaCodecs } from './codecs/kafka-codecs.ts';
import type { TransactionVersion } from './requests/transaction-requests.ts';

export interface KafkaLogOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SASLOptions;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Key, value and headers of one record; the broker's `max.message.bytes` must be above it. Default 1,000,000. */
  readonly maxRecordBytes?: number;
  /** Records of one partition are sent in batches up to this size. Default 900,000. */
  readonly maxBatchBytes?: number;
  /** Of topics that are created here. Default: the broker's. */
  readonly replicationFactor?: number;
  /** How long an answer may take. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** How long a call is tried again while brokers move or do not answer. Default 30 s. */
  readonly retryWithinMs?: number;
  /**
   * How long a coordinator that answers that it is still reading its state is waited for, on top of `retryWithinMs`: it is there, and it takes as long as its
   * disk and processors need. Default 30 s.
   */
  readonly loadsWithinMs?: number;
  /** A member that was not heard of for this long is out. Default 10 s (6 s is the least that brokers take by default). */
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  /** Default 200 ms: how soon a member learns of a rebalance. */
  readonly heartbeatMs?: number;
  /** A source that was not polled for this long gives up its membership. Default 5 min. */
  readonly maxPollIntervalMs?: number;
  /** Default 10 s. */
  readonly transactionTimeoutMs?: number;
  /** The newest way of transactions to use where the cluster has it (its feature `transaction.version`). Default 2. */
  readonly transactionVersion?: TransactionVersion;
  /** Bytes that a transaction gathers before it begins to send them ahead of its commit. Default 1 MiB. */
  readonly sendAheadBytes?: number;
  /** A fetch asks for this much of one partition. Default 1 MiB. */
  readonly fetchBytes?: number;
  /** Of what is written. Default none. zstd needs Node 22.15. */
  readonly compression?: CompressionName;
  /** Default: all of Kafka's. */
  readonly codecs?: CompressionCodecs;
}

/** The options with every default filled in. */
export type KafkaSettings = Required<Omit<KafkaLogOptions, 'ssl' | 'sasl'>> & Pick<KafkaLogOptions, 'ssl' | 'sasl'>;

export function kafkaSettings(options: KafkaLogOptions): KafkaSettings {
  return {
    clientId: 'stepwright',
    clock: createSystemClock(),
    logger: silentLogger,
    maxRecordBytes: 1_000_000,
    maxBatchBytes: 900_000,
    replicationFactor: -1,
    requestTimeoutMs: 10_000,
    retryWithinMs: 30_000,
    loadsWithinMs: 30_000,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    heartbeatMs: 200,
    maxPollIntervalMs: 300_000,
    transactionTimeoutMs: 10_000,
    transactionVersion: 2,
    sendAheadBytes: 1_048_576,
    fetchBytes: 1_048_576,
    compression: 'none',
    codecs: kafkaCodecs,
    ...options,
  };
}
