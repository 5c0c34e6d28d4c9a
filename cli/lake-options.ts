import { integerOption, oneOfOption } from '../topology/base/option-types.ts';
import { lakeKinds } from './platform/adapters.ts';

/** Of the role sinks. */
export const lakeOptions = {
  lake: oneOfOption(lakeKinds, {
    default: 'off',
    help: 'Write raw events, sealed as they are, to the --objects as Parquet files by tenant and day.',
  }),
  lakeFileMs: integerOption({
    default: 60_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    help: 'With --lake on: longest time until a record is in a file; longer makes fewer and larger files.',
  }),
};
