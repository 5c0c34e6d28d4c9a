import type { Serde } from '../../schemas/serde.ts';
import type { KeyValueStoreSpec } from '../../state/store.ts';

/** A declared global store: the handle that processors and queries name it by. */
export interface GlobalStore<K, V> {
  readonly topic: string;
  readonly topicKey: Serde<K>;
  readonly topicValue: Serde<V>;
  /** Without a changelog: the topic is one. */
  readonly store: KeyValueStoreSpec<K, V>;
}
