import { readFileSync } from 'node:fs';
import type { Retention } from '../../sinks/clickhouse/retention.ts';
import type { ClickHouseServerOptions } from '../../sinks/clickhouse/server/server-options.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import type { clickhouseOptions } from '../clickhouse-options.ts';

type ClickHouseValues = OptionValues<typeof clickhouseOptions>;

/** @throws {CONFIG_INVALID} when the file of the authority cannot be read. */
export function clickhouseChoiceOf(values: ClickHouseValues): ClickHouseServerOptions {
  const { clickhouse, clickhouseCa, clickhouseCluster, clickhouseTimeoutMs } = values;
  return {
    url: clickhouse ?? '',
    user: values.clickhouseUser,
    password: values.clickhousePassword ?? '',
    tlsCa: clickhouseCa === undefined ? undefined : readCertificate(clickhouseCa),
    cluster: clickhouseCluster,
    timeoutMs: clickhouseTimeoutMs,
  };
}

export function retentionOf({ analyticsKeepDays: days, analyticsKeepDaysOf }: ClickHouseValues): Retention {
  return { days, daysOf: new Map(analyticsKeepDaysOf.flatMap((text) => tenantDays(text) ?? [])) };
}

function tenantDays(text: string): readonly [readonly [tenantId: string, days: number]] | undefined {
  const [, tenantId, days] = /^(.+)=(\d{1,5})$/.exec(text) ?? [];
  return tenantId === undefined || days === undefined || Number(days) > 36_500 ? undefined : [[tenantId, Number(days)]];
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StepwrightError('CONFIG_INVALID', `--clickhouse-ca: ${file} cannot be read`, { cause });
  }
}

interface Refused {
  readonly option: 'clickhouse' | 'clickhouseCa' | 'clickhouseCluster' | 'analyticsKeepDaysOf';
  readonly problem: string;
}

/** What cannot be meant; the first problem. A command without the option `--analytics` means the server when one is named. */
export function clickhouseRule(values: ClickHouseValues & { readonly analytics?: 'chdb' | 'clickhouse' | 'off' }): Refused | undefined {
  const { analytics = values.clickhouse === undefined ? 'chdb' : 'clickhouse', analyticsKeepDaysOf } = values;
  const unclear = analyticsKeepDaysOf.find((text) => tenantDays(text) === undefined);
  if (unclear !== undefined) return { option: 'analyticsKeepDaysOf', problem: `"${unclear}" is no tenant=days of at most 36500 days` };
  if (analytics !== 'clickhouse') {
    const misplaced = (['clickhouse', 'clickhouseCa', 'clickhouseCluster'] as const).find((option) => values[option] !== undefined);
    return misplaced === undefined ? undefined : { option: misplaced, problem: 'belongs to --analytics clickhouse' };
  }
  return serverProblem(values);
}

function serverProblem({ clickhouse: address, clickhouseCa, clickhouseCluster }: ClickHouseValues): Refused | undefined {
  if (address === undefined) return { option: 'clickhouse', problem: 'is needed with --analytics clickhouse: http://host:8123' };
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || ![url.origin, `${url.origin}/`].includes(address)) {
    return { option: 'clickhouse', problem: 'must be an address like http://host:8123, without path, user or password' };
  }
  if (clickhouseCa !== undefined && url.protocol === 'http:') return { option: 'clickhouseCa', problem: 'belongs to an https address' };
  return clickhouseCluster === '' ? { option: 'clickhouseCluster', problem: 'must not be empty' } : undefined;
}
