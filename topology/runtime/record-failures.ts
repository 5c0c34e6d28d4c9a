import assert from 'node:assert/strict';
import type { Logger } from '../base/logger.ts';
import type { CrashPoints } from './crash-points.ts';
import type { CurrentRecord } from './current-record.ts';
import { describeError } from './dead-letter.ts';
import { errorFields } from './error-fields.ts';
import type { ErrorHandlers } from './error-handlers.ts';
import { PoisonRecords } from './poison-records.ts';
import type { PoisonVerdict } from './poison-records.ts';
import type { RecordCollector } from './record-collector.ts';

export interface RecordFailuresOptions {
  readonly taskId: string;
  readonly handlers: ErrorHandlers;
  readonly collector: RecordCollector;
  readonly current: CurrentRecord;
  readonly crashPoints: CrashPoints;
  readonly logger: Logger;
  readonly onDropped: (nodeName: string, reason: string) => void;
}

/** Decides about records that fail, with the handlers' word, and carries the decisions out in the record's own turn and transaction. */
export class RecordFailures {
  readonly #options: RecordFailuresOptions;
  readonly #poison = new PoisonRecords();

  constructor(options: RecordFailuresOptions) {
    this.#options = options;
  }

  /** Bytes that are no record have touched nothing yet: decided and carried out at once. @throws the error when the task is to fail. */
  refuseInput(nodeName: string, error: unknown): void {
    const { current, handlers, taskId } = this.#options;
    const source = current.source();
    assert(source);
    const action = handlers.deserialization({ taskId, nodeName, source, error });
    if (action === 'fail') throw error;
    this.#carryOut({ action, nodeName, error });
  }

  /**
   * A record that threw may have written half of what it wanted. The caller must roll back; the decision is carried out when the record
   * comes again. @throws the error when the task is to fail.
   */
  condemn(error: unknown): void {
    const { current, handlers, taskId, crashPoints, logger } = this.#options;
    const source = current.source();
    if (crashPoints.isCrash(error) || source === undefined) throw error;
    const nodeName = current.failedNodeName ?? 'unknown';
    const action = handlers.processing({ taskId, nodeName, source, error });
    if (action === 'fail') throw error;
    logger.warn({ node: nodeName, action, ...errorFields(error) }, 'a record failed');
    this.#poison.add(source, current.stage, { action, nodeName, error });
  }

  /** True when the current record was condemned before: it is dead-lettered or dropped instead of processed. */
  isCondemned(): boolean {
    if (this.#poison.isEmpty) return false;
    const { current } = this.#options;
    const verdict = this.#poison.take(current.source(), current.stage);
    if (verdict === undefined) return false;
    this.#carryOut(verdict);
    return true;
  }

  committed(): void {
    this.#poison.committed();
  }

  rolledBack(): void {
    this.#poison.rolledBack();
  }

  #carryOut({ action, nodeName, error }: PoisonVerdict): void {
    const { current, collector, taskId, onDropped } = this.#options;
    const source = current.source();
    assert(source);
    if (action === 'drop') onDropped(nodeName, 'failed');
    else collector.addDeadLetter({ source, key: current.key, taskId, nodeName, ...describeError(error, 'PROCESSING_FAILED') });
  }
}
