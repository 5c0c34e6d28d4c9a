import type { StoreSpec } from '../../../state/store.ts';
import { partitionOfKey } from '../../base/partition.ts';
import { StepwrightError } from '../../base/errors.ts';
import type { GlobalStore } from '../../builder/global-store.ts';
import type { SubTopology } from '../../builder/sub-topology.ts';
import type { GlobalStores } from '../globals/global-stores.ts';
import type { StreamThread } from '../stream-thread.ts';
import type { TaskEnvironment } from '../task-environment.ts';
import { ownerOf, type PartitionOwner } from './key-owner.ts';
import { LocalStoreView } from './local-store-view.ts';
import type { KeyValueView, ViewOf } from './store-query.ts';

export interface AppQueriesOptions {
  readonly environment: TaskEnvironment;
  readonly thread: StreamThread;
  readonly globals: GlobalStores;
}

const noKey = Buffer.alloc(0);

/** Interactive queries of one process, and where the rest is. Owns nothing: every answer looks at what is open now. */
export class AppQueries {
  readonly #options: AppQueriesOptions;

  constructor(options: AppQueriesOptions) {
    this.#options = options;
  }

  /** @throws {STORE_UNKNOWN} the topology has no such store. */
  view<Spec extends StoreSpec<unknown, unknown>>(spec: Spec): ViewOf<Spec>;
  view(spec: StoreSpec<unknown, unknown>): LocalStoreView {
    return this.viewByName(spec.name);
  }

  globalView<K, V>(global: GlobalStore<K, V>): KeyValueView<K, V>;
  globalView({ store }: GlobalStore<unknown, unknown>): KeyValueView<unknown, unknown> {
    return this.viewByName(store.name);
  }

  viewByName(name: string): LocalStoreView {
    const { environment, thread, globals } = this.#options;
    const { applicationName, globalStores } = environment.topology;
    const global = globalStores.find(({ store }) => store.name === name);
    const shared = { applicationName, store: name, thread, globals };
    if (global !== undefined) return new LocalStoreView({ ...shared, spec: global.store, subTopology: undefined, partitionOf: () => 0 });
    const { subTopology, spec } = this.#find(name);
    return new LocalStoreView({ ...shared, spec, subTopology: subTopology.id, partitionOf: (key) => this.#partitionOf(subTopology, key) });
  }

  /** @throws {STORE_UNKNOWN} */
  keyOwner(storeName: string, key: unknown, partition?: number): PartitionOwner {
    const { subTopology } = this.#find(storeName);
    return ownerOf(this.#options.thread.share().plan(), subTopology.id, partition ?? this.#partitionOf(subTopology, key));
  }

  /** @throws {STORE_UNKNOWN} */
  storeOwners(storeName: string): readonly PartitionOwner[] {
    const { subTopology } = this.#find(storeName);
    const plan = this.#options.thread.share().plan();
    return Array.from({ length: this.#partitionCount(subTopology) }, (_, partition) => ownerOf(plan, subTopology.id, partition));
  }

  #find(name: string): { readonly subTopology: SubTopology; readonly spec: StoreSpec<unknown, unknown> } {
    const { subTopologies } = this.#options.environment.topology;
    for (const subTopology of subTopologies) {
      const found = subTopology.stores.find(({ spec }) => spec.name === name);
      if (found !== undefined) return { subTopology, spec: found.spec };
    }
    const known = subTopologies.flatMap(({ stores }) => stores.map(({ spec }) => spec.name)).join(', ');
    throw new StepwrightError('STORE_UNKNOWN', `the topology has no store "${name}"; it has: ${known}`);
  }

  /** As Kafka's clients spread records: murmur2 of the bytes that the first source of the sub-topology reads. */
  #partitionOf(subTopology: SubTopology, key: unknown): number {
    const source = subTopology.nodes.find((node) => node.type === 'source');
    const bytes = source?.type === 'source' ? source.key.serialize(key, noKey) : noKey;
    return partitionOfKey(bytes, this.#partitionCount(subTopology));
  }

  #partitionCount({ sourceTopics }: SubTopology): number {
    const { topics } = this.#options.environment;
    return Math.max(0, ...sourceTopics.map((topic) => topics.get(topic)?.partitionCount ?? 0));
  }
}
