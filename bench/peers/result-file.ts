import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../services/cache-folder.ts';
import type { Environment } from '../environment.ts';
import { environment } from '../environment.ts';
import { kafkaStreamsVersion } from './kafka-streams/kafka-streams-peer.ts';
import type { Measured } from './measured.ts';
import { differences, rowsOf } from './result-table.ts';
import { wholeRounds } from './rounds.ts';
import type { Scenario } from './scenarios.ts';

interface Result {
  readonly environment: Environment;
  readonly nodeArgs: readonly string[];
  readonly scenario: Scenario;
  readonly runs: readonly Measured[];
}

/** What is known of one scenario: `bench/results/peers-NAME.json`. */
export class ResultFile {
  readonly path: string;
  readonly #scenario: Scenario;
  readonly #nodeArgs: readonly string[];

  constructor(scenario: Scenario, nodeArgs: readonly string[]) {
    const folder = join(repositoryRoot(), 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `peers-${scenario.name}.json`);
    this.#scenario = scenario;
    this.#nodeArgs = nodeArgs;
  }

  /** Whole rounds of earlier calls with the same code, machine, scenario and arguments; none when any of these is another. */
  earlierRuns(): readonly Measured[] {
    if (!existsSync(this.path)) return [];
    const earlier: Result = JSON.parse(readFileSync(this.path, 'utf8'));
    const now = { environment: environment(), nodeArgs: this.#nodeArgs, scenario: this.#scenario };
    const isSame = (['environment', 'nodeArgs', 'scenario'] as const).every(
      (part) => JSON.stringify(earlier[part]) === JSON.stringify(now[part]),
    );
    return isSame ? wholeRounds(earlier.runs, this.#scenario.contestants) : [];
  }

  write(runs: readonly Measured[]): void {
    const result = {
      environment: environment(),
      kafkaStreamsVersion,
      nodeArgs: this.#nodeArgs,
      scenario: this.#scenario,
      rows: rowsOf(runs),
      different: differences(runs),
      runs,
    };
    writeFileSync(this.path, `${JSON.stringify(result, undefined, 2)}\n`);
  }
}
