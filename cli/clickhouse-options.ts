import { integerOption, listOption, stringOption } from '../topology/base/option-types.ts';

const maxKeepDays = 36_500;

/** With `--analytics clickhouse`; the days also with `chdb`. */
export const clickhouseOptions = {
  clickhouse: stringOption({
    default: undefined,
    help: 'Address of a ClickHouse server, like http://clickhouse:8123, with --analytics clickhouse.',
  }),
  clickhouseUser: stringOption({ default: 'default', help: 'Name at the server.' }),
  clickhousePassword: stringOption({
    default: undefined,
    secret: true,
    help: 'Password of --clickhouse-user; better in the environment than in a flag.',
  }),
  clickhouseCa: stringOption({
    default: undefined,
    help: "PEM file of the authority that signed the server's certificate; the system's when not given.",
  }),
  clickhouseCluster: stringOption({
    default: undefined,
    help: 'Cluster of one shard on whose replicas the tables are made, replicated; one server when not given.',
  }),
  clickhouseTimeoutMs: integerOption({
    default: 30_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    help: 'Longest time of one request; then it is tried again.',
  }),
  analyticsKeepDays: integerOption({
    default: 0,
    min: 0,
    max: maxKeepDays,
    unit: 'days',
    help: 'Rows of analytics are deleted at this age; 0 keeps them. A change reaches the rows that stand.',
  }),
  analyticsKeepDaysOf: listOption({ default: [], help: 'tenant=days, for tenants with another --analytics-keep-days.' }),
};
