import type { HealthView } from './ports.ts';

/** What a probe of an orchestrator is told. */
export interface ProbeAnswer {
  readonly status: 200 | 503;
  readonly json: { readonly ok: boolean; readonly waitingFor?: readonly string[]; readonly warnings?: readonly string[] };
}

/** `/healthz`. */
export function aliveAnswer(health: Pick<HealthView, 'alive'>): ProbeAnswer {
  return answer(health.alive() ? [] : ['process'], []);
}

/** `/readyz`: 200 with warnings when everything runs, but not all as it should. */
export function readyAnswer(health: Pick<HealthView, 'notReady' | 'warnings'>): ProbeAnswer {
  return answer(health.notReady(), health.warnings());
}

function answer(waitingFor: readonly string[], warnings: readonly string[]): ProbeAnswer {
  const said = warnings.length === 0 ? {} : { warnings };
  return waitingFor.length === 0 ? { status: 200, json: { ok: true, ...said } } : { status: 503, json: { ok: false, waitingFor, ...said } };
}
