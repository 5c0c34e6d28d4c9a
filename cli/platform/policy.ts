import { redactionKinds } from '../../processors/redact/kinds.ts';
import type { Policy } from '../../schemas/types/capture-event.ts';

/** What every tenant gets until it has a policy of its own: every structured kind is masked, nothing leaves to a model. */
export const defaultPolicy: Policy = {
  policyId: 'default',
  version: 1,
  redact: redactionKinds,
  mode: 'mask',
  idleAfterMs: 30 * 60_000,
  maxEvents: 50_000,
  modelTitles: false,
};
