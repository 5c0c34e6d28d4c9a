import type { Candidate } from './candidate.ts';
import type { CatalogTask } from './task-catalog.ts';

/** Who owns which task while shares are worked out, with the counts that go with it. */
export class OwnerBoard {
  readonly candidates: readonly Candidate[];
  readonly #owners = new Map<CatalogTask, Candidate>();
  readonly #loads: Map<Candidate, number>;
  readonly #spread = new Map<Candidate, Map<number, number>>();

  /** `baseLoads`: tasks that are given away already and count here too. */
  constructor(candidates: readonly Candidate[], baseLoads: (candidate: Candidate) => number) {
    this.candidates = candidates;
    this.#loads = new Map(candidates.map((candidate) => [candidate, baseLoads(candidate)]));
  }

  owner(task: CatalogTask): Candidate | undefined {
    return this.#owners.get(task);
  }

  load(candidate: Candidate): number {
    return this.#loads.get(candidate) ?? 0;
  }

  /** How many tasks of the same sub-topology it owns: equal work is best spread equally. */
  spread(candidate: Candidate, task: CatalogTask): number {
    return this.#spread.get(candidate)?.get(task.id.subTopology) ?? 0;
  }

  give(task: CatalogTask, candidate: Candidate): void {
    const before = this.#owners.get(task);
    if (before !== undefined) this.#count(task, before, -1);
    this.#owners.set(task, candidate);
    this.#count(task, candidate, 1);
  }

  owned(): ReadonlyMap<CatalogTask, Candidate> {
    return this.#owners;
  }

  #count(task: CatalogTask, candidate: Candidate, by: number): void {
    this.#loads.set(candidate, this.load(candidate) + by);
    const spread = this.#spread.get(candidate) ?? new Map<number, number>();
    this.#spread.set(candidate, spread);
    spread.set(task.id.subTopology, (spread.get(task.id.subTopology) ?? 0) + by);
  }
}
