import { Refusal } from '../http/refusal.ts';
import { answerJson } from '../http/route.ts';
import type { PublicRoute, Route, ScopedRoute } from '../http/route.ts';
import { readInteger } from './page-parameters.ts';
import type { ReadDeps } from './ports.ts';
import { aliveAnswer, readyAnswer, type ProbeAnswer } from './probe-answer.ts';

/** The process itself: for operators, and probes for an orchestrator. */
export function operatorRoutes(deps: ReadDeps): readonly Route[] {
  return [
    jsonRoute('/v1/operator/topology', 'The DAG with lag and rates.', () => deps.operator.topology()),
    jsonRoute('/v1/operator/topics', 'Topics, offsets, groups and their lag.', () => deps.operator.topics()),
    deadLettersRoute(deps),
    metricsRoute(deps),
    probeRoute('/healthz', 'Whether the process is alive.', () => aliveAnswer(deps.health)),
    probeRoute('/readyz', 'Whether everything that it should run is running; `warnings` name what runs, but not as it should.', () =>
      readyAnswer(deps.health),
    ),
  ];
}

function jsonRoute(path: string, summary: string, read: () => Promise<unknown>): ScopedRoute {
  return {
    method: 'GET',
    path,
    access: 'operate',
    document: { tag: 'operate', summary, answers: { 200: { description: 'JSON.', schema: {} } } },
    handle: async () => answerJson(200, await read()),
  };
}

function deadLettersRoute(deps: ReadDeps): ScopedRoute {
  const schema = { type: 'integer', minimum: 1, maximum: 1_000 };
  return {
    method: 'GET',
    path: '/v1/operator/dead-letters',
    access: 'operate',
    document: {
      tag: 'operate',
      summary: 'References to records that could not be processed, newest first.',
      query: [{ name: 'limit', description: 'Default 100.', schema }],
      answers: { 200: { description: 'JSON.', schema: {} } },
    },
    async handle({ query }) {
      const limitCount = readInteger(query, 'limit', { fallback: 100, min: 1, max: 1_000 });
      return limitCount instanceof Refusal ? limitCount : answerJson(200, await deps.operator.deadLetters(limitCount));
    },
  };
}

function metricsRoute(deps: ReadDeps): ScopedRoute {
  return {
    method: 'GET',
    path: '/metrics',
    access: 'operate',
    document: {
      tag: 'operate',
      summary: 'Prometheus metrics.',
      answers: { 200: { description: 'Text format 0.0.4.', contentType: 'text/plain' } },
    },
    async handle() {
      const body = Buffer.from(await deps.operator.metricsText());
      return { status: 200, bytes: { body, contentType: 'text/plain; version=0.0.4; charset=utf-8' } };
    },
  };
}

function probeRoute(path: string, summary: string, probe: () => ProbeAnswer): PublicRoute {
  const texts = { type: 'array', items: { type: 'string' } };
  const schema = {
    type: 'object',
    required: ['ok'],
    properties: { ok: { type: 'boolean' }, waitingFor: texts, warnings: texts },
  };
  return {
    method: 'GET',
    path,
    access: 'public',
    isProbe: true,
    document: {
      tag: 'operate',
      summary,
      answers: { 200: { description: 'Yes.', schema }, 503: { description: 'Not now.', schema } },
    },
    async handle() {
      const { status, json } = probe();
      return answerJson(status, json);
    },
  };
}
