import type { Dice } from '../../../testing/dice.ts';
import { apiKeys } from '../wire/kafka-request.ts';
import type { ProxiedRequest, ProxyFault } from './kafka-proxy.ts';

export const proxyFaults: readonly ProxyFault[] = ['lose-answer', 'cut-before', 'cut-after', 'cut-inside', 'late'];

/** One fault in about so many requests. What comes often or waits long is spared more. */
const everyCount = {
  EndTxn: 12,
  AddPartitionsToTxn: 14,
  AddOffsetsToTxn: 14,
  TxnOffsetCommit: 12,
  Produce: 16,
  InitProducerId: 4,
  Fetch: 60,
  Heartbeat: 25,
  JoinGroup: 4,
  SyncGroup: 4,
  OffsetFetch: 6,
  ListOffsets: 10,
  Metadata: 10,
} as const;

export type FaultyApi = keyof typeof everyCount;
export const faultyApis: readonly FaultyApi[] = [
  'EndTxn',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'TxnOffsetCommit',
  'Produce',
  'InitProducerId',
  'Fetch',
  'Heartbeat',
  'JoinGroup',
  'SyncGroup',
  'OffsetFetch',
  'ListOffsets',
  'Metadata',
];

/** The third of each of these loses its answer, whatever the dice say: no run is without the unknown outcomes of K8. */
const losesItsThird: ReadonlySet<FaultyApi> = new Set<FaultyApi>(['EndTxn', 'Produce', 'TxnOffsetCommit']);

/** Which requests fail and how: by the dice alone, so that a seed gives the n-th request of an API the same fate in every run. */
export class FaultPlan {
  readonly #names = new Map<number, FaultyApi>(faultyApis.map((api) => [apiKeys[api], api]));
  readonly #fates = new Map<FaultyApi, (ProxyFault | undefined)[]>();
  readonly #counts = new Map<string, number>();
  #isOver = false;

  constructor(dice: Dice) {
    for (const api of faultyApis) {
      this.#fates.set(
        api,
        Array.from({ length: 2_000 }, (_, ordinal) => {
          const fate = dice.below(everyCount[api]) === 0 ? dice.pick(proxyFaults) : undefined;
          return ordinal === 2 && losesItsThird.has(api) ? 'lose-answer' : fate;
        }),
      );
    }
  }

  readonly judge = ({ apiKey, ordinal }: ProxiedRequest): ProxyFault | undefined => {
    const api = this.#names.get(apiKey);
    if (api === undefined || this.#isOver) return undefined;
    const fate = this.#fates.get(api)?.[ordinal % 2_000];
    if (fate === undefined) return undefined;
    this.#counts.set(`${api} ${fate}`, (this.#counts.get(`${api} ${fate}`) ?? 0) + 1);
    return fate;
  };

  /** From now on nothing fails any more. */
  end(): void {
    this.#isOver = true;
  }

  /** How often what happened to which API. */
  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}
