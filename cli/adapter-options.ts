import type { OptionValues } from '../topology/base/options.ts';
import type { analyticsOptions, engineOptions, logOptions, placeOptions } from './options.ts';
import type { AdapterChoice } from './platform/adapters.ts';
import { kafkaChoiceOf } from './platform/kafka-choice.ts';
import { registryChoiceOf, registryRule } from './platform/registry-choice.ts';
import { brokersRule, credentialsRule } from './platform/role-rules.ts';
import { s3ChoiceOf, s3Rule } from './platform/s3-choice.ts';
import { scyllaChoiceOf, scyllaRule } from './platform/scylla-choice.ts';
import { clickhouseOptions } from './clickhouse-options.ts';
import { clickhouseChoiceOf, clickhouseRule, retentionOf } from './platform/clickhouse-choice.ts';
import { registryOptions } from './registry-options.ts';
import { s3Options } from './s3-options.ts';
import { scyllaOptions } from './scylla-options.ts';

/** Of the adapters that are servers; with `logOptions`, `placeOptions` and `analyticsOptions` they name all storage of a deployment. */
export const storeOptions = { ...scyllaOptions, ...s3Options, ...registryOptions, ...clickhouseOptions };

export const adapterRules = [brokersRule, scyllaRule, s3Rule, registryRule, clickhouseRule, credentialsRule] as const;

type AdapterValues = OptionValues<typeof logOptions & typeof placeOptions & typeof storeOptions & typeof analyticsOptions> &
  Pick<OptionValues<typeof engineOptions>, 'logSync'>;

/** @throws {CONFIG_INVALID} when a file that an option names cannot be read. */
export function adaptersOf(values: AdapterValues): AdapterChoice {
  const { log, logSync, views, objects, analytics } = values;
  return {
    log,
    logSync,
    views,
    objects,
    analytics,
    ...(log === 'kafka' && { kafka: kafkaChoiceOf(values) }),
    ...(views === 'scylla' && { scylla: scyllaChoiceOf(values) }),
    ...(objects === 's3' && { s3: s3ChoiceOf(values) }),
    ...(analytics === 'clickhouse' && { clickhouse: clickhouseChoiceOf(values) }),
    retention: retentionOf(values),
    registry: registryChoiceOf(values),
  };
}
