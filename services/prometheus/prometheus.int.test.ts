import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { playDemo } from '../../cli/start/demo-player.ts';
import { startCommand, type StartedCommand } from '../../cli/test-support/started-command.ts';
import { untilGuide } from '../../cli/test-support/kafka-roles.ts';
import { repositoryRoot } from '../cache-folder.ts';
import { freePort } from '../free-port.ts';
import { boards } from '../grafana/boards/boards.ts';
import type { RunningService } from '../service.ts';
import { prometheusFolder, prometheusService, promtoolBinary, startPrometheus } from './prometheus-service.ts';

const missing = prometheusService.isInstalled() ? undefined : 'no Prometheus: run `npm run services -- up prometheus` once';
const skip = missing === undefined ? {} : { skip: missing };

/** Within this every query of a running platform has an answer: stores of idle tasks are flushed after ten seconds. */
const answersWithinMs = 60_000;
const appliedGuides = 'sum(stepwright_sink_applied_total{sink="guides"})';

describe('alerts', skip, () => {
  test('promtool finds settings and alerts right, and each alert fires on what it is for', () => {
    for (const args of [
      ['check', 'config', '--syntax-only', 'prometheus.yml'],
      ['check', 'rules', 'alerts.yml'],
      ['test', 'rules', 'alerts.test.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync(promtoolBinary(), args, { cwd: prometheusFolder(), encoding: 'utf8' });
      assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    }
  });
});

describe('a real Prometheus on the metrics of a real process', skip, () => {
  let folder = '';
  let platform: StartedCommand | undefined;
  let prometheus: RunningService | undefined;
  let port = 0;
  let target = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepwright-prometheus-'));
    const data = join(folder, 'data');
    const started = startCommand(['run', '--data', data, '--port', '0', '--admin-port', '0', '--partitions', '2', '--no-analytics']);
    platform = started;
    const [, url = ''] = await started.until(/gateway {2}(http\S+)\n/);
    const [, admin = ''] = await started.until(/admin {4}(http\S+)\n/);
    target = new URL(admin).host;
    port = await freePort();
    prometheus = await startPrometheus(settings());
    const [token = ''] = await startCommand(['keys', 'add', '--data', data, '--tenant', 'acme', '--role', 'admin']).until(/sw\S+/);
    const recording = join(repositoryRoot(), 'cli', 'demo', 'recording');
    const stopped = new AbortController().signal;
    const demo = { folder: recording, baseUrl: url, token, pace: 1_000, stopped, onProgress: () => {} };
    // A rate is what changes between two scrapes, so the second recording comes when the first has been scraped.
    for (const [index, sessionId] of ['first', 'second'].entries()) {
      await playDemo({ ...demo, sessionId });
      await untilGuide(url, token, sessionId);
      await untilScraped(index + 1);
    }
  });

  after(async () => {
    await prometheus?.stop();
    await platform?.stop('SIGKILL');
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  function settings(): Parameters<typeof startPrometheus>[0] {
    return { port, directory: join(folder, 'server'), targets: [target], scrapeIntervalMs: 500 };
  }

  async function untilScraped(guideCount: number): Promise<void> {
    const endAtMs = performance.now() + answersWithinMs;
    while ((await valuesOf(appliedGuides))[0] !== guideCount) {
      assert.ok(performance.now() < endAtMs, `${guideCount} guides were not scraped`);
      await delay(100);
    }
  }

  async function ask(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const body: { readonly status: string; readonly error?: string; readonly data: unknown } = JSON.parse(await answer.text());
    assert.equal(body.status, 'success', `${parameters['query'] ?? path}: ${body.error}`);
    return body.data;
  }

  /** Values of the series that an expression has now. */
  async function valuesOf(query: string): Promise<readonly number[]> {
    const data = await ask('query', { query });
    const result: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'result') : undefined;
    assert.ok(Array.isArray(result), query);
    return result.map((series: { readonly value: readonly [number, string] }) => Number(series.value[1]));
  }

  test('every query of the boards has a number for an answer', async () => {
    const queries = Object.values(boards).flatMap(({ rows }) =>
      rows.flatMap(({ panels }) => panels.flatMap((panel) => (panel.kind === 'lines' ? panel.queries.map(({ expr }) => expr) : []))),
    );
    assert.ok(queries.length > 30);
    let unanswered = queries;
    const endAtMs = performance.now() + answersWithinMs;
    while (unanswered.length > 0 && performance.now() < endAtMs) {
      const answers = await Promise.all(unanswered.map((query) => valuesOf(query.replaceAll('$__rate_interval', '2m'))));
      unanswered = unanswered.filter((_, index) => !(answers[index] ?? []).some((value) => Number.isFinite(value)));
      if (unanswered.length > 0) await delay(500);
    }
    assert.deepEqual(unanswered, []);
  });

  test('what was recorded is in the numbers: two guides, no dead letter, nobody behind', async () => {
    assert.deepEqual(await valuesOf(appliedGuides), [2]);
    assert.deepEqual(await valuesOf('sum(stepwright_dead_letters_total) + sum(stepwright_sink_dead_letters_total)'), [0]);
    assert.deepEqual(await valuesOf('max(stepwright_sink_failed)'), [0]);
  });

  test('the shipped alerts are loaded, understood, and quiet', async () => {
    const found = await ask('rules');
    const text = JSON.stringify(found);
    const { groups }: { groups: readonly { rules: readonly { name: string; health: string; state: string }[] }[] } = JSON.parse(text);
    const rules = groups.flatMap((group) => group.rules);
    assert.ok(rules.length > 8);
    for (const { name, health, state } of rules) {
      assert.notEqual(health, 'err', name);
      assert.notEqual(state, 'firing', name);
    }
  });

  test('stopped and started again it has what it had', async () => {
    const query = 'max_over_time(stepwright_process_total[10m])';
    const had = Math.max(...(await valuesOf(query)));
    assert.ok(had > 0);
    await prometheus?.stop();
    assert.equal(prometheusService.running({ directory: join(folder, 'server') }), undefined);
    prometheus = await startPrometheus(settings());
    assert.ok(Math.max(...(await valuesOf(query))) >= had);
  });
});
