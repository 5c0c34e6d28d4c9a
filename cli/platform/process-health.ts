import type { KeyStore } from '../../gateway/auth/key-store.ts';
import type { HealthView } from '../../gateway/read/ports.ts';
import type { RunningApp } from './processors.ts';
import type { SinkHandle } from './sink-handle.ts';

/** What a process runs, as far as it has been started. */
export interface RunningParts {
  readonly app?: Pick<RunningApp, 'health' | 'state'>;
  readonly sinks?: readonly Pick<SinkHandle, 'name' | 'isHealthy'>[];
  readonly keys?: Pick<KeyStore, 'problem'>;
  /** Of a gateway that spools meanwhile: tasks that cannot run for this reason must not keep agents from it, or end it. */
  readonly isLogAway?: () => boolean;
}

/** Health of a process from its first moment: until `started` it is alive and not ready. */
export class ProcessHealth implements HealthView {
  #parts: RunningParts | undefined;
  #isStopping = false;

  started(parts: RunningParts): void {
    this.#parts = parts;
  }

  /** From here on no balancer should send anything. */
  stopping(): void {
    this.#isStopping = true;
  }

  alive(): boolean {
    return this.#isStopping || (this.#parts?.app?.health().isAlive ?? true);
  }

  notReady(): string[] {
    if (this.#isStopping) return ['stopping'];
    if (this.#parts === undefined) return ['starting'];
    const { app, sinks = [], isLogAway } = this.#parts;
    const failed = sinks.filter((sink) => !sink.isHealthy()).map((sink) => `sink ${sink.name}`);
    return app === undefined || app.health().isReady || isLogAway?.() === true ? failed : [`tasks ${app.state()}`, ...failed];
  }

  warnings(): string[] {
    const problem = this.#parts?.keys?.problem();
    return problem === undefined ? [] : [problem];
  }

  /** False when a task or a sink keeps failing: after a while the process should end, so that its orchestrator sees it (DESIGN §3.8). */
  isHealthy(): boolean {
    const { app, sinks = [], isLogAway } = this.#parts ?? {};
    return isLogAway?.() === true || ((app?.health().isHealthy ?? true) && sinks.every((sink) => sink.isHealthy()));
  }
}
