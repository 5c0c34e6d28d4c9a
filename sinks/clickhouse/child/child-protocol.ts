import type { Disposition } from '../../../topology/base/errors.ts';
import type { ErrorCode } from '../../../topology/base/error-codes.ts';
import type { AnalyticsRecord, QueryParameters } from '../analytics-client.ts';

/** Messages between this process and the child that runs the engine. Both come from one build, so there are no versions. */
export type ChildRequest =
  | { readonly id: number; readonly call: 'command'; readonly sql: string; readonly parameters: QueryParameters }
  | {
      readonly id: number;
      readonly call: 'insert';
      readonly table: string;
      readonly rows: readonly AnalyticsRecord[];
      readonly token: string;
    }
  | { readonly id: number; readonly call: 'query'; readonly sql: string; readonly parameters: QueryParameters }
  | { readonly id: number; readonly call: 'close' };

export type ChildAnswer =
  | { readonly id: number; readonly rows: readonly AnalyticsRecord[] }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly disposition: Disposition; readonly message: string } };
