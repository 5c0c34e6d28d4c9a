import { integerOption, oneOfOption } from '../topology/base/option-types.ts';
import { lakeKinds, type LakeChoice, type LakeKind } from './platform/adapters.ts';

/** Of the role sinks. */
export const lakeOptions = {
  lake: oneOfOption(lakeKinds, {
    default: 'off',
    help: 'Write raw events, sealed as they are, to the --objects as Parquet files by tenant and day.',
  }),
  lakeFileMs: integerOption({
    default: 900_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    help: 'With --lake on: longest time until a record is in a file. A tenant that records has one file in each such time.',
  }),
  lakeBatchBytes: integerOption({
    default: 64 << 20,
    min: 1 << 20,
    max: 1 << 30,
    unit: 'bytes',
    help: 'With --lake on: so many bytes of all tenants together are written at once, also before --lake-file-ms. The process needs about three times as much memory, and 100 MiB.',
  }),
};

export interface LakeValues {
  readonly lake: LakeKind;
  readonly lakeFileMs: number;
  readonly lakeBatchBytes: number;
}

export function lakeOf({ lake, lakeFileMs: fileMs, lakeBatchBytes: batchBytes }: LakeValues): { readonly lake?: LakeChoice } {
  return lake === 'on' ? { lake: { fileMs, batchBytes } } : {};
}
