import type { TitleRequest } from '../../schemas/types/usage.ts';

/** A model that writes titles; called by a worker outside the chain, answers come back as events of the session. */
export interface TitleModel {
  readonly name: string;
  /** @throws {ASYNC_FAILED} with disposition retry or dead-letter. */
  title(request: TitleRequest, signal: AbortSignal): Promise<string>;
}
