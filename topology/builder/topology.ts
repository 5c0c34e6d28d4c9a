import { describeAsMermaid } from './describe-mermaid.ts';
import { describeAsText } from './describe-text.ts';
import { changelogTopic } from './names.ts';
import type { GlobalStore } from './global-store.ts';
import type { NodeDefinition } from './node-definition.ts';
import type { SubTopology } from './sub-topology.ts';
import type { Topology, TopologyDescription } from './topology-builder-api.ts';

/** Wraps what the builder has checked. */
export function createTopology(
  applicationName: string,
  subTopologies: readonly SubTopology[],
  globalStores: readonly GlobalStore<unknown, unknown>[] = [],
): Topology {
  const describe = () => ({
    subTopologies: subTopologies.map((subTopology) => describeSubTopology(applicationName, subTopology)),
    globalStores: globalStores.map(({ store, topic }) => ({ name: store.name, topic })),
  });
  return Object.freeze({
    applicationName,
    subTopologies,
    globalStores,
    describe,
    describeAs: (format: 'text' | 'mermaid') => (format === 'text' ? describeAsText(describe()) : describeAsMermaid(describe())),
  });
}

type SubTopologyDescription = TopologyDescription['subTopologies'][number];

function describeSubTopology(applicationName: string, subTopology: SubTopology): SubTopologyDescription {
  return {
    id: subTopology.id,
    nodes: subTopology.nodes.map((node) => ({
      name: node.name,
      type: node.type,
      ...(node.type === 'source' || node.type === 'sink' ? { topic: node.topic } : {}),
      stores: storesOf(node, subTopology),
      children: subTopology.childrenOf.get(node.name) ?? [],
    })),
    sourceTopics: subTopology.sourceTopics,
    sinkTopics: subTopology.sinkTopics,
    changelogs: subTopology.stores
      .filter(({ spec }) => spec.changelog !== false)
      .map(({ spec }) => changelogTopic(applicationName, spec.name)),
  };
}

function storesOf(node: NodeDefinition, subTopology: SubTopology): readonly string[] {
  return subTopology.stores.filter(({ nodeNames }) => nodeNames.includes(node.name)).map(({ spec }) => spec.name);
}
