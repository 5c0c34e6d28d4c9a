import { StepwrightError } from '../../base/errors.ts';
import { accessProblem } from './access-errors.ts';

/**
 * What an answer of a broker, or its absence, means to the caller:
 * `moved` leader or coordinator is elsewhere: look it up again; `busy` the same request later; `loading` the same, once a coordinator that has just started
 * has read its state; `fenced` a newer owner of the transactional id;
 * `stale` a member or generation that the group has left behind; `replaced` another bearer of the same member id; `topic` no such topic or partition;
 * `range` an offset outside the log; `large` above the broker's limit; `network` no answer, it may or may not have been done; `denied` who asks may not;
 * `fatal` the rest.
 */
export type BrokerErrorKind =
  | 'moved'
  | 'busy'
  | 'loading'
  | 'fenced'
  | 'stale'
  | 'replaced'
  | 'topic'
  | 'range'
  | 'large'
  | 'network'
  | 'denied'
  | 'fatal';

const named: Readonly<Record<number, readonly [name: string, kind: BrokerErrorKind]>> = {
  1: ['OFFSET_OUT_OF_RANGE', 'range'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'topic'],
  5: ['LEADER_NOT_AVAILABLE', 'moved'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'moved'],
  7: ['REQUEST_TIMED_OUT', 'network'],
  9: ['REPLICA_NOT_AVAILABLE', 'moved'],
  10: ['MESSAGE_TOO_LARGE', 'large'],
  13: ['NETWORK_EXCEPTION', 'network'],
  14: ['COORDINATOR_LOAD_IN_PROGRESS', 'loading'],
  15: ['COORDINATOR_NOT_AVAILABLE', 'moved'],
  16: ['NOT_COORDINATOR', 'moved'],
  18: ['RECORD_LIST_TOO_LARGE', 'large'],
  19: ['NOT_ENOUGH_REPLICAS', 'busy'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'network'],
  22: ['ILLEGAL_GENERATION', 'stale'],
  25: ['UNKNOWN_MEMBER_ID', 'stale'],
  27: ['REBALANCE_IN_PROGRESS', 'stale'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'denied'],
  30: ['GROUP_AUTHORIZATION_FAILED', 'denied'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'denied'],
  33: ['UNSUPPORTED_SASL_MECHANISM', 'denied'],
  41: ['NOT_CONTROLLER', 'moved'],
  47: ['INVALID_PRODUCER_EPOCH', 'fenced'],
  48: ['INVALID_TXN_STATE', 'fenced'],
  49: ['INVALID_PRODUCER_ID_MAPPING', 'fenced'],
  51: ['CONCURRENT_TRANSACTIONS', 'busy'],
  53: ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'denied'],
  56: ['KAFKA_STORAGE_ERROR', 'moved'],
  58: ['SASL_AUTHENTICATION_FAILED', 'denied'],
  74: ['FENCED_LEADER_EPOCH', 'moved'],
  75: ['UNKNOWN_LEADER_EPOCH', 'moved'],
  78: ['OFFSET_NOT_AVAILABLE', 'busy'],
  82: ['FENCED_INSTANCE_ID', 'replaced'],
  88: ['UNSTABLE_OFFSET_COMMIT', 'busy'],
  89: ['THROTTLING_QUOTA_EXCEEDED', 'busy'],
  90: ['PRODUCER_FENCED', 'fenced'],
  100: ['UNKNOWN_TOPIC_ID', 'topic'],
  120: ['TRANSACTION_ABORTABLE', 'fatal'],
};

/** Error codes that a caller compares with. */
export const kafkaCode = {
  none: 0,
  unknownTopic: 3,
  illegalGeneration: 22,
  topicExists: 36,
  rebalanceInProgress: 27,
  duplicateSequence: 46,
  memberIdRequired: 79,
} as const;

/** An error code in an answer, or no answer. Inside this folder only; what leaves it is a StepwrightError. */
export class BrokerError extends Error {
  readonly kind: BrokerErrorKind;
  /** Undefined when the connection failed. */
  readonly kafkaCode: number | undefined;

  constructor(what: string, kind: BrokerErrorKind, details: { readonly kafkaCode?: number; readonly cause?: unknown } = {}) {
    super(what, { cause: details.cause });
    this.name = 'BrokerError';
    this.kind = kind;
    this.kafkaCode = details.kafkaCode;
  }
}

/** @throws {BrokerError} unless the code says that all is well. */
export function assertOk(code: number, doing: string): void {
  if (code !== kafkaCode.none) throw brokerError(code, doing);
}

export function brokerError(code: number, doing: string): BrokerError {
  const [name, kind] = named[code] ?? [`error ${code}`, 'fatal'];
  return new BrokerError(`the broker answered ${name} to ${doing}`, kind, { kafkaCode: code });
}

/** Everything that kafkajs throws is about connections here, since it decodes no answer but those of its own look-ups. */
export function asBrokerError(error: unknown, doing: string): BrokerError | StepwrightError {
  if (error instanceof BrokerError || error instanceof StepwrightError) return error;
  const problem = accessProblem(error);
  if (problem !== undefined) return new BrokerError(problem, 'denied', { cause: error });
  const code = codeOf(error);
  if (typeof code === 'number' && code > 0) return brokerError(code, doing);
  const isConnection = error instanceof Error && (error.name.startsWith('KafkaJS') || code !== undefined);
  const message = error instanceof Error ? error.message : String(error);
  return new BrokerError(`${doing} got no answer: ${message}`, isConnection ? 'network' : 'fatal', { cause: error });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

const passing: ReadonlySet<BrokerErrorKind> = new Set(['moved', 'busy', 'loading', 'network']);

/** The same request may be answered later. */
export function passes({ kind }: BrokerError): boolean {
  return passing.has(kind);
}

/** What a caller of the log sees of a failure that no retry has cured. */
export function toLogError(error: unknown): StepwrightError {
  if (error instanceof StepwrightError) return error;
  if (!(error instanceof BrokerError)) return new StepwrightError('LOG_FAILED', 'the Kafka adapter failed', { cause: error });
  if (passes(error)) {
    return new StepwrightError('LOG_UNAVAILABLE', `${error.message}; it is tried again`, { cause: error, disposition: 'retry' });
  }
  if (error.kind === 'denied') return new StepwrightError('LOG_ACCESS_DENIED', error.message, { cause: error });
  return new StepwrightError('LOG_FAILED', error.message, { cause: error, context: { kafkaCode: error.kafkaCode } });
}

/** A commit or append whose answer never came (K8). */
export function unknownOutcome(what: string, cause: unknown): StepwrightError {
  const message = `${what} got no answer, so it may or may not have happened; open the sink again and read the committed positions`;
  return new StepwrightError('LOG_UNKNOWN_OUTCOME', message, { disposition: 'rebuild-task', cause });
}
