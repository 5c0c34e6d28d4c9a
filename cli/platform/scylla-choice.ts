import { readFileSync } from 'node:fs';
import type { ScyllaViewsOptions } from '../../sinks/scylla/scylla-options.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import type { scyllaOptions } from '../scylla-options.ts';

/** Nodes and tables of the views, as the options name them. Plain values: threads get a copy. */
export interface ScyllaChoice extends Omit<
  ScyllaViewsOptions,
  'livePartitionOf' | 'keyring' | 'clock' | 'logger' | 'topicIds' | 'ttlSecondsOf'
> {
  /** A session that has not changed for this long leaves the views; 0 keeps it. */
  readonly keepDays: number;
  /** Where it differs, by tenant id. */
  readonly keepDaysOf: Readonly<Record<string, number>>;
}

type ScyllaValues = OptionValues<typeof scyllaOptions>;

const secondsPerDay = 86_400;

/** @throws {CONFIG_INVALID} when the file of the authority cannot be read. */
export function scyllaChoiceOf(values: ScyllaValues): ScyllaChoice {
  const { scyllaReplicationFactor: replicationFactor, scyllaUser: user, scyllaPassword: password } = values;
  return {
    contactPoints: values.scyllaContactPoints,
    localDataCenter: values.scyllaLocalDc,
    keyspace: values.scyllaKeyspace,
    consistency: values.scyllaConsistency,
    maxInFlight: values.scyllaMaxInFlight,
    keepDays: values.scyllaKeepDays,
    keepDaysOf: Object.fromEntries(values.scyllaKeepDaysOf.flatMap((text) => tenantDays(text) ?? [])),
    ...(replicationFactor !== undefined && { replicationFactor }),
    ...(values.scyllaTls && { tls: { ca: values.scyllaCa === undefined ? undefined : readCertificate(values.scyllaCa) } }),
    ...(user !== undefined && password !== undefined && { credentials: { user, password } }),
  };
}

/** What the views are told: the same, as a rule for each tenant. */
export function scyllaViewsOf({
  keepDays,
  keepDaysOf,
  ...options
}: ScyllaChoice): Omit<ScyllaChoice, 'keepDays' | 'keepDaysOf'> & Required<Pick<ScyllaViewsOptions, 'ttlSecondsOf'>> {
  const days = new Map(Object.entries(keepDaysOf));
  return { ...options, ttlSecondsOf: (tenantId) => (days.get(tenantId) ?? keepDays) * secondsPerDay };
}

function tenantDays(text: string): readonly [readonly [tenantId: string, days: number]] | undefined {
  const [, tenantId, days] = /^(.+)=(\d{1,4})$/.exec(text) ?? [];
  return tenantId === undefined || days === undefined || Number(days) > 7_300 ? undefined : [[tenantId, Number(days)]];
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StepwrightError('CONFIG_INVALID', `--scylla-ca: ${file} cannot be read`, { cause });
  }
}

interface Refused {
  readonly option: 'scyllaContactPoints' | 'scyllaPassword' | 'scyllaCa' | 'scyllaKeepDaysOf';
  readonly problem: string;
}

/** What cannot be meant; the first problem. */
export function scyllaRule(values: ScyllaValues & { readonly views: 'embedded' | 'scylla' }): Refused | undefined {
  const { scyllaContactPoints: points, scyllaUser: user, scyllaPassword: password, scyllaKeepDaysOf: keepDaysOf } = values;
  if (values.views === 'embedded') {
    return points.length === 0 ? undefined : { option: 'scyllaContactPoints', problem: 'belongs to --views scylla' };
  }
  if (points.length === 0) return { option: 'scyllaContactPoints', problem: 'is needed with --views scylla: host:port,host:port' };
  const wrong = points.find((point) => !/^[^\s:/]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(point));
  if (wrong !== undefined) return { option: 'scyllaContactPoints', problem: `"${wrong}" is no host:port` };
  if ((user === undefined) !== (password === undefined)) {
    return { option: 'scyllaPassword', problem: user === undefined ? 'belongs to --scylla-user' : 'is needed with --scylla-user' };
  }
  if (values.scyllaCa !== undefined && !values.scyllaTls) return { option: 'scyllaCa', problem: 'belongs to --scylla-tls' };
  const unclear = keepDaysOf.find((text) => tenantDays(text) === undefined);
  return unclear === undefined ? undefined : { option: 'scyllaKeepDaysOf', problem: `"${unclear}" is no tenant=days of at most 7300 days` };
}
