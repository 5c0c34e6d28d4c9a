import type { ApiCode } from './api-codes.ts';

export interface RefusalDetails {
  /** Path of the part that is wrong: `events[3].pointer.x`. */
  readonly field?: string;
  /** Sent as `retry-after` (whole seconds, rounded up) and `retryAfterMs`. */
  readonly retryAfterMs?: number;
  /** Further members of the answer beside `error`, such as `ackedSeq`. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is said to a caller whose request cannot be served: a value, handed back instead of thrown. Never holds payload or secrets. */
export class Refusal {
  readonly code: ApiCode;
  readonly message: string;
  readonly details: RefusalDetails;

  constructor(code: ApiCode, message: string, details: RefusalDetails = {}) {
    this.code = code;
    this.message = message;
    this.details = details;
  }
}

/** Shorthand of `new Refusal`. */
export function refuse(code: ApiCode, message: string, details: RefusalDetails = {}): Refusal {
  return new Refusal(code, message, details);
}
