/** The inner modules of kafkajs 2.2.4 that are used here (that release is its last, so they do not move), with what is used of them. */

declare module 'kafkajs/src/cluster/index.js' {
  import type { KafkaJsLogger } from 'kafkajs/src/loggers/index.js';
  import type { ISocketFactory, SASLOptions } from 'kafkajs';
  import type { ConnectionOptions } from 'node:tls';

  export interface KafkaJsBroker {
    readonly nodeId: number;
    readonly connectionPool: KafkaJsConnectionPool;
  }

  export interface KafkaJsExchange<T> {
    readonly request: KafkaJsRequest;
    readonly response: { decode(payload: Buffer): Promise<Buffer>; parse(decoded: Buffer): Promise<T> };
    readonly requestTimeout: number | null;
    readonly logResponseError?: boolean;
  }

  export interface KafkaJsConnectionPool {
    send<T>(exchange: KafkaJsExchange<T>): Promise<T>;
  }

  export interface KafkaJsRequest {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<KafkaJsPayload>;
  }

  /** What its request frame takes of an Encoder. */
  export interface KafkaJsPayload {
    readonly buf: Buffer;
    readonly buffer: Buffer;
    size(): number;
  }

  export interface ClusterOptions {
    readonly logger: KafkaJsLogger;
    readonly socketFactory: ISocketFactory;
    readonly brokers: readonly string[];
    readonly clientId: string;
    readonly ssl?: boolean | ConnectionOptions;
    readonly sasl?: SASLOptions;
    readonly connectionTimeout: number;
    readonly authenticationTimeout: number;
    readonly reauthenticationThreshold: number;
    readonly requestTimeout: number;
    readonly enforceRequestTimeout: boolean;
    readonly metadataMaxAge: number;
    readonly retry: { readonly retries: number; readonly initialRetryTime: number; readonly maxRetryTime: number };
    readonly allowAutoTopicCreation: boolean;
  }

  export default class Cluster {
    constructor(options: ClusterOptions);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    getNodeIds(): readonly (number | string)[];
    findBroker(at: { readonly nodeId: number | string }): Promise<KafkaJsBroker>;
    /** `coordinatorType`: 0 group, 1 transaction. */
    findGroupCoordinator(of: { readonly groupId: string; readonly coordinatorType: 0 | 1 }): Promise<KafkaJsBroker>;
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  export interface KafkaJsLogger {
    namespace(name: string): KafkaJsLogger;
  }

  const loggers: {
    createLogger(options: {
      readonly level: number;
      readonly logCreator: () => (entry: {
        readonly level: number;
        readonly namespace: string;
        readonly log: { readonly message: string };
      }) => void;
    }): KafkaJsLogger;
  };
  export default loggers;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs';

  const createSocketFactory: () => ISocketFactory;
  export default createSocketFactory;
}

declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';
  import type { KafkaJsExchange } from 'kafkajs/src/cluster/index.js';

  export default class Connection {
    /** What has come of an answer that is not complete. */
    chunks: Buffer[];
    bytesBuffered: number;
    bytesNeeded: number;
    readonly socket?: Socket;
    /** `host:port` */
    readonly broker: string;
    connectionStatus: 'connected' | 'disconnecting' | 'disconnected';
    authenticatedAt: [number, number] | null;
    /** Set while a SASL exchange waits for its answer. */
    readonly authHandlers: { onError(): void } | null;
    readonly requestQueue: { destroy(): void };
    /** Ours: the attempt that is under way. */
    connecting: Promise<boolean> | undefined;
    isConnected(): boolean;
    connect(): Promise<boolean>;
    disconnect(): Promise<boolean>;
    rejectRequests(error: Error): void;
    send<T>(exchange: KafkaJsExchange<T>): Promise<T>;
    sendAuthRequest(exchange: { readonly request: unknown; readonly response?: unknown }): Promise<unknown>;
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  import type { KafkaJsLogger } from 'kafkajs/src/loggers/index.js';

  export default class RequestQueue {
    constructor(options: {
      readonly logger: KafkaJsLogger;
      readonly requestTimeout: number;
      readonly enforceRequestTimeout: boolean;
      readonly clientId: string;
      readonly broker: string;
    });
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null | undefined;
    readonly pending: unknown[];
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}
