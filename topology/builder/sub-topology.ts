import type { StoreSpec } from '../../state/store.ts';
import type { NodeDefinition } from './node-definition.ts';

/** A store and the nodes that use it. */
export interface DeclaredStore {
  readonly spec: StoreSpec<unknown, unknown>;
  readonly nodeNames: readonly string[];
}

/** A connected component of the graph: nodes joined by edges and by stores they share. One task a partition runs all of it. */
export interface SubTopology {
  readonly id: number;
  /** Parents stand before their children. */
  readonly nodes: readonly NodeDefinition[];
  readonly childrenOf: ReadonlyMap<string, readonly string[]>;
  /** Declared stores, then the engine's own (timers, in-flight calls). */
  readonly stores: readonly DeclaredStore[];
  readonly sourceTopics: readonly string[];
  readonly sinkTopics: readonly string[];
  /** Those of `sourceTopics` that are the engine's own, with the partition count that was asked for. */
  readonly repartitions: ReadonlyMap<string, number | undefined>;
}

/** Splits a checked graph, parents first, into its components, numbered by the first node declared. */
export function splitIntoSubTopologies(nodes: readonly NodeDefinition[]): readonly SubTopology[] {
  const component = joinNodes(nodes);
  const groups = new Map<string, NodeDefinition[]>();
  for (const node of nodes) {
    const root = component(node.name);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [node]);
    else group.push(node);
  }
  return [...groups.values()].map((group, id) => describeComponent(id, group));
}

function describeComponent(id: number, nodes: readonly NodeDefinition[]): SubTopology {
  const childrenOf = new Map<string, string[]>(nodes.map((node) => [node.name, []]));
  for (const node of nodes) {
    for (const parent of node.parents) childrenOf.get(parent)?.push(node.name);
  }
  return {
    id,
    nodes,
    childrenOf,
    stores: collectStores(nodes),
    sourceTopics: nodes.flatMap((node) => (node.type === 'source' ? [node.topic] : [])),
    repartitions: new Map(
      nodes.flatMap((node) => (node.type === 'source' && node.repartition ? [[node.topic, node.repartition.partitionCount] as const] : [])),
    ),
    sinkTopics: [...new Set(nodes.flatMap((node) => (node.type === 'sink' ? [node.topic] : [])))],
  };
}

function collectStores(nodes: readonly NodeDefinition[]): readonly DeclaredStore[] {
  const declared = new Map<StoreSpec<unknown, unknown>, string[]>();
  const internal: DeclaredStore[] = [];
  for (const node of nodes) {
    if (node.type === 'processor') {
      for (const spec of Object.values(node.stores)) declared.set(spec, [...(declared.get(spec) ?? []), node.name]);
      if (node.timerStore !== undefined) internal.push({ spec: node.timerStore, nodeNames: [node.name] });
    }
    if (node.type === 'map-async') internal.push({ spec: node.inFlightStore, nodeNames: [node.name] });
  }
  return [...[...declared].map(([spec, nodeNames]) => ({ spec, nodeNames })), ...internal];
}

/** Union-find over edges and shared stores. */
function joinNodes(nodes: readonly NodeDefinition[]): (name: string) => string {
  const parentOf = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let next = parentOf.get(root); next !== undefined; next = parentOf.get(root)) root = next;
    return root;
  };
  const join = (left: string, right: string) => {
    const [leftRoot, rightRoot] = [rootOf(left), rootOf(right)];
    if (leftRoot !== rightRoot) parentOf.set(rightRoot, leftRoot);
  };
  const firstUser = new Map<StoreSpec<unknown, unknown>, string>();
  for (const node of nodes) {
    for (const parent of node.parents) join(parent, node.name);
    if (node.type !== 'processor') continue;
    for (const spec of Object.values(node.stores)) {
      const user = firstUser.get(spec);
      if (user === undefined) firstUser.set(spec, node.name);
      else join(user, node.name);
    }
  }
  return rootOf;
}
