import { keyValueStore } from '../../state/store.ts';
import type { StoreSpec } from '../../state/store.ts';
import type { GlobalStore } from './global-store.ts';
import { checkFeedback, sortNodes } from './graph.ts';
import { inFlightStore, timerStore } from './internal-stores.ts';
import { invalidTopology } from './invalid-topology.ts';
import { changelogTopic, checkName, repartitionTopic } from './names.ts';
import type { NodeDefinition } from './node-definition.ts';
import type { StoreSpecs } from './processor.ts';
import { splitIntoSubTopologies, type SubTopology } from './sub-topology.ts';
import { createTopology } from './topology.ts';
import type {
  GlobalStoreSpec,
  MapAsyncSpec,
  OutputSinkSpec,
  ProcessorSpec,
  RepartitionSpec,
  SourceSpec,
  Stream,
  Topology,
  TopologyBuilder,
} from './topology-builder-api.ts';

/**
 * `applicationName` is the first part of every internal topic's name, of the consumer group and of the transactional ids.
 * @throws {TOPOLOGY_INVALID} when the name is not usable in a topic name.
 */
export function createTopologyBuilder(applicationName: string): TopologyBuilder {
  checkName('application', applicationName);
  return new GraphBuilder(applicationName);
}

/**
 * Collects declarations and forgets their types: the typed methods are the check. Nothing is resolved before `build`, so the whole graph
 * is judged at once and a message can name both ends.
 */
class GraphBuilder implements TopologyBuilder {
  readonly #applicationName: string;
  readonly #nodes = new Map<string, NodeDefinition>();
  readonly #globalStores: GlobalStore<unknown, unknown>[] = [];

  constructor(applicationName: string) {
    this.#applicationName = applicationName;
  }

  source<K, V>(name: string, spec: SourceSpec<K, V>): Stream<K, V> {
    checkName('topic', spec.topic);
    return this.#add({ ...spec, type: 'source', name, parents: [] });
  }

  processor<KIn, VIn, KOut, VOut, Specs extends StoreSpecs = Record<never, never>>(
    name: string,
    spec: ProcessorSpec<KIn, VIn, KOut, VOut, Specs>,
  ): Stream<KOut, VOut> {
    const stores: StoreSpecs = spec.stores ?? {};
    const { create, prefetch, timerKey } = spec;
    const timers = timerKey === undefined ? undefined : timerStore(name, timerKey);
    const definition = { type: 'processor', name, parents: parentsOf(spec.from), stores, timerStore: timers, create } as const;
    return this.#add(prefetch === undefined ? definition : { ...definition, prefetch });
  }

  mapAsync<K, VIn, VOut>(name: string, spec: MapAsyncSpec<K, VIn, VOut>): Stream<K, VOut> {
    if (!Number.isInteger(spec.concurrencyCount) || spec.concurrencyCount < 1) {
      throw invalidTopology(`mapAsync "${name}": concurrencyCount must be a whole number of at least 1`);
    }
    return this.#add({ ...spec, type: 'map-async', name, parents: parentsOf(spec.from), inFlightStore: inFlightStore(name) });
  }

  sink<K, V>(name: string, spec: OutputSinkSpec<K, V>): void {
    checkName('topic', spec.topic);
    this.#add({ ...spec, type: 'sink', name, parents: parentsOf(spec.from), feedback: spec.feedback ?? false });
  }

  repartition<K, V>(name: string, spec: RepartitionSpec<K, V>): Stream<K, V> {
    const { key, value, partitionCount } = spec;
    if (partitionCount !== undefined && !(Number.isInteger(partitionCount) && partitionCount > 0)) {
      throw invalidTopology(`repartition "${name}": partitionCount must be a whole number of at least 1`);
    }
    const topic = repartitionTopic(this.#applicationName, name);
    const { from, partitionOf } = spec;
    this.sink(`${name}-sink`, { from, topic, key, value, ...(partitionOf && { partitionOf }) });
    return this.#add({ type: 'source', name, parents: [], topic, key, value, repartition: { partitionCount } });
  }

  globalStore<K, V>(name: string, { topic, key, value, storeKey }: GlobalStoreSpec<K, V>): GlobalStore<K, V> {
    checkName('topic', topic);
    checkName('store', name);
    const declared = { topic, topicKey: key, topicValue: value, store: keyValueStore(name, { key: storeKey, value, changelog: false }) };
    this.#globalStores.push(declared);
    return declared;
  }

  build(): Topology {
    const nodes = sortNodes(this.#nodes);
    checkSources(nodes);
    checkFeedback(nodes);
    const subTopologies = splitIntoSubTopologies(nodes);
    checkStores(subTopologies);
    checkGlobalStores(this.#globalStores, subTopologies);
    for (const { stores } of subTopologies) {
      for (const { spec } of stores) checkName('topic', changelogTopic(this.#applicationName, spec.name));
    }
    return createTopology(this.#applicationName, subTopologies, [...this.#globalStores]);
  }

  #add(node: NodeDefinition): { readonly nodeName: string } {
    checkName('node', node.name);
    if (this.#nodes.has(node.name)) throw invalidTopology(`two nodes are named "${node.name}"`);
    this.#nodes.set(node.name, node);
    return { nodeName: node.name };
  }
}

function parentsOf(from: Stream<unknown, unknown> | readonly Stream<unknown, unknown>[]): readonly string[] {
  const streams = 'nodeName' in from ? [from] : from;
  return [...new Set(streams.map((stream) => stream.nodeName))];
}

function checkSources(nodes: readonly NodeDefinition[]): void {
  const readers = new Map<string, string>();
  for (const node of nodes) {
    if (node.type === 'source') {
      const other = readers.get(node.topic);
      if (other !== undefined)
        throw invalidTopology(`sources "${other}" and "${node.name}" both read topic "${node.topic}": use one source for both`);
      readers.set(node.topic, node.name);
    } else if (node.parents.length === 0) {
      throw invalidTopology(`node "${node.name}" reads from nothing`);
    }
  }
  if (readers.size === 0) throw invalidTopology('the topology has no source');
}

/** A name belongs to one spec object; sharing a store means handing the same object to both nodes, which puts them into one sub-topology. */
function checkStores(subTopologies: readonly SubTopology[]): void {
  const owners = new Map<string, { readonly spec: StoreSpec<unknown, unknown>; readonly nodeName: string }>();
  for (const { stores } of subTopologies) {
    for (const { spec, nodeNames } of stores) {
      checkName('store', spec.name);
      const nodeName = nodeNames[0] ?? '';
      const other = owners.get(spec.name);
      if (other !== undefined) {
        throw invalidTopology(
          `two stores are named "${spec.name}" (nodes "${other.nodeName}" and "${nodeName}"): to share a store, hand the same spec object to both`,
        );
      }
      owners.set(spec.name, { spec, nodeName });
    }
  }
}

function checkGlobalStores(globalStores: readonly GlobalStore<unknown, unknown>[], subTopologies: readonly SubTopology[]): void {
  const names = new Set(subTopologies.flatMap(({ stores }) => stores.map(({ spec }) => spec.name)));
  const sources = new Set(subTopologies.flatMap(({ sourceTopics }) => sourceTopics));
  for (const { topic, store } of globalStores) {
    if (names.has(store.name)) throw invalidTopology(`two stores are named "${store.name}", one of them a global store`);
    if (sources.has(topic)) throw invalidTopology(`global store "${store.name}" and a source both read topic "${topic}"`);
    names.add(store.name);
    sources.add(topic);
  }
}
