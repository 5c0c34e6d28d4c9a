import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { exportedMetrics, labelsIn, metricsIn } from '../test-support/exported-metrics.ts';
import { prometheusFolder } from './prometheus-service.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

interface AlertTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly object[] }[];
  }[];
}

function textOf(file: string): string {
  return readFileSync(join(prometheusFolder(), file), 'utf8');
}

function rules(): readonly Rule[] {
  const { groups }: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(textOf('alerts.yml'));
  return groups.flatMap((group) => group.rules);
}

test('alerts ask only for metrics and labels that the code exports', async () => {
  const exported = await exportedMetrics();
  assert.ok(rules().length > 8);
  for (const { alert, expr, annotations } of rules()) {
    const names = metricsIn(expr);
    assert.ok(names.length > 0, alert);
    for (const name of names) assert.ok(exported.has(name), `${alert}: ${name}`);
    const labels = new Set(names.flatMap((name) => [...(exported.get(name) ?? [])]));
    const shown = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    for (const label of [...labelsIn(expr), ...shown]) assert.ok(labels.has(label), `${alert}: label ${label}`);
  }
});

test('every alert has a severity and a test that lets it fire', () => {
  const { tests }: AlertTests = parse(textOf('alerts.test.yml'));
  const fired = new Set(
    tests.flatMap((one) =>
      one.alert_rule_test.filter(({ exp_alerts: alerts = [] }) => alerts.length > 0).map(({ alertname }) => alertname),
    ),
  );
  for (const { alert, labels } of rules()) {
    assert.ok(['page', 'ticket'].includes(labels.severity), alert);
    assert.ok(fired.has(alert), `alerts.test.yml lets ${alert} fire`);
  }
});
