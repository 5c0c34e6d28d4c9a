import { createServerClient } from '../../sinks/clickhouse/clickhouse-client.ts';
import {
  grantRoleStatement,
  runStatements,
  tenantAccessStatements,
  tenantRefusalStatements,
} from '../../sinks/clickhouse/server/tenant-access.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { booleanOption, listOption, stringOption } from '../../topology/base/option-types.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import { clickhouseOptions } from '../clickhouse-options.ts';
import { defineCommand } from '../command.ts';
import { clickhouseChoiceOf, clickhouseRule } from '../platform/clickhouse-choice.ts';

const { analyticsKeepDays: _days, analyticsKeepDaysOf: _daysOf, ...serverOptions } = clickhouseOptions;

const table = {
  ...serverOptions,
  serviceUser: stringOption({
    default: undefined,
    help: 'User of the server that sinks and gateways have, who goes on seeing all rows; --clickhouse-user when not given.',
  }),
  grantTo: listOption({ default: [], help: 'With grant: users of the server who get the role of the tenant.' }),
  apply: booleanOption({
    default: false,
    help: 'Run the statements at --clickhouse, as a user with access management, instead of printing them.',
  }),
};
type Values = OptionValues<typeof table>;

/** `stepwright analytics`: who may ask SQL of one tenant's rows on a ClickHouse server. */
export const analyticsCommand = defineCommand({
  name: 'analytics',
  about: "Give analysts SQL on one tenant's rows at the ClickHouse server, or take it away: prints the statements, or runs them.",
  usage: 'analytics grant|revoke TENANT [--grant-to USER,…] [--apply --clickhouse URL] [options]',
  table,
  rules: [applyRule],
  run: async (values, [verb, tenantId, ...more], { stdout }) => {
    if (tenantId === undefined || tenantId === '' || more.length > 0 || (verb !== 'grant' && verb !== 'revoke')) {
      throw new StepwrightError('CONFIG_INVALID', 'analytics: say grant TENANT or revoke TENANT');
    }
    const statements =
      verb === 'grant' ? grantStatements(tenantId, values) : tenantRefusalStatements({ tenantId, cluster: values.clickhouseCluster });
    if (!values.apply) {
      stdout(statements.map((statement) => `${statement};\n`).join(''));
      return 0;
    }
    const client = createServerClient(clickhouseChoiceOf(withoutDays(values)));
    try {
      await runStatements(client, statements);
    } finally {
      await client.close();
    }
    stdout(`${statements.length} statements were run.\n`);
    return 0;
  },
});

function grantStatements(
  tenantId: string,
  { clickhouseUser, serviceUser = clickhouseUser, clickhouseCluster: cluster, grantTo }: Values,
): readonly string[] {
  return [
    ...tenantAccessStatements({ tenantId, serviceUser, cluster }),
    ...grantTo.map((user) => grantRoleStatement({ tenantId, user, cluster })),
  ];
}

function applyRule(values: Values): { readonly option: keyof Values; readonly problem: string } | undefined {
  if (!values.apply) return undefined;
  const refused = clickhouseRule({ ...withoutDays(values), analytics: 'clickhouse' });
  if (refused === undefined || refused.option === 'analyticsKeepDaysOf') return undefined;
  const { option, problem } = refused;
  return { option, problem: values.clickhouse === undefined ? 'is needed with --apply: http://host:8123' : problem };
}

function withoutDays(values: Values): Parameters<typeof clickhouseChoiceOf>[0] {
  return { ...values, analyticsKeepDays: 0, analyticsKeepDaysOf: [] };
}
