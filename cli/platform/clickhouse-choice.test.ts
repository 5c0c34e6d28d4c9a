import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clickhouseChoiceOf, clickhouseRule, retentionOf } from './clickhouse-choice.ts';

const given = {
  analytics: 'clickhouse',
  clickhouse: 'https://ch.example.com:8443',
  clickhouseUser: 'stepwright',
  clickhousePassword: 'canary',
  clickhouseCa: undefined,
  clickhouseCluster: undefined,
  clickhouseTimeoutMs: 30_000,
  analyticsKeepDays: 90,
  analyticsKeepDaysOf: ['acme=30', 'a=b=7'],
} as const;

describe('the options of a ClickHouse server', () => {
  it('name a server, and how long which tenant is kept', () => {
    assert.equal(clickhouseRule(given), undefined);
    assert.equal(clickhouseChoiceOf(given).url, given.clickhouse);
    assert.deepEqual(retentionOf(given), {
      days: 90,
      daysOf: new Map([
        ['acme', 30],
        ['a=b', 7],
      ]),
    });
  });
  it('are refused by name when they cannot be meant, without quoting an address that may hold a password', () => {
    const cases = [
      [{ clickhouse: undefined }, 'clickhouse'],
      [{ clickhouse: 'clickhouse:8123' }, 'clickhouse'],
      [{ clickhouse: 'http://ann:canary@host:8123' }, 'clickhouse'],
      [{ clickhouse: 'http://host:8123/?password=canary' }, 'clickhouse'],
      [{ analytics: 'chdb' }, 'clickhouse'],
      [{ clickhouse: 'http://host:8123', clickhouseCa: 'ca.pem' }, 'clickhouseCa'],
      [{ analyticsKeepDaysOf: ['acme'] }, 'analyticsKeepDaysOf'],
      [{ clickhouseCluster: '' }, 'clickhouseCluster'],
    ] as const;
    for (const [change, option] of cases) {
      const refused = clickhouseRule({ ...given, ...change });
      assert.equal(refused?.option, option);
      assert.doesNotMatch(refused.problem, /canary/);
    }
  });
});
