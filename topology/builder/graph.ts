import { invalidTopology } from './invalid-topology.ts';
import type { NodeDefinition } from './node-definition.ts';

/**
 * Parents before children, else in the order of declaration.
 * @throws {TOPOLOGY_INVALID} on an unknown parent, a parent that has no output, or a cycle.
 */
export function sortNodes(nodes: ReadonlyMap<string, NodeDefinition>): readonly NodeDefinition[] {
  const sorted: NodeDefinition[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (node: NodeDefinition, path: readonly string[]) => {
    if (state.get(node.name) === 'done') return;
    if (state.get(node.name) === 'open') throw invalidTopology(`nodes form a cycle: ${[...path, node.name].join(' -> ')}`);
    state.set(node.name, 'open');
    for (const parentName of node.parents) visit(parentOf(node, parentName, nodes), [...path, node.name]);
    state.set(node.name, 'done');
    sorted.push(node);
  };
  for (const node of nodes.values()) visit(node, []);
  return sorted;
}

function parentOf(node: NodeDefinition, parentName: string, nodes: ReadonlyMap<string, NodeDefinition>): NodeDefinition {
  const parent = nodes.get(parentName);
  if (parent === undefined) throw invalidTopology(`node "${node.name}" reads from "${parentName}", which is not a node of this topology`);
  if (parent.type === 'sink') throw invalidTopology(`node "${node.name}" reads from sink "${parentName}", which has no output`);
  return parent;
}

/**
 * A sink may write a topic that a later sub-topology reads; one that closes a cycle through the log must say so (T3).
 * @throws {TOPOLOGY_INVALID} on an undeclared cycle, or on a declared one that is none.
 */
export function checkFeedback(nodes: readonly NodeDefinition[]): void {
  const sourceOf = new Map(nodes.flatMap((node) => (node.type === 'source' ? [[node.topic, node.name] as const] : [])));
  const children = childrenThroughLog(nodes, sourceOf);
  for (const sink of nodes) {
    if (sink.type !== 'sink') continue;
    const source = sourceOf.get(sink.topic);
    const closesCycle = source !== undefined && reaches(source, sink.name, children);
    if (closesCycle && !sink.feedback) {
      throw invalidTopology(
        `sink "${sink.name}" writes topic "${sink.topic}", which this topology reads before it: declare it with feedback: true`,
      );
    }
    if (!closesCycle && sink.feedback) {
      throw invalidTopology(`sink "${sink.name}" is declared as feedback, but no source upstream of it reads "${sink.topic}"`);
    }
  }
}

/** Edges of the graph, and from each sink that is no feedback to the source that reads its topic. */
function childrenThroughLog(
  nodes: readonly NodeDefinition[],
  sourceOf: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  for (const node of nodes) {
    for (const parent of node.parents) children.set(parent, [...(children.get(parent) ?? []), node.name]);
    const source = node.type === 'sink' && !node.feedback ? sourceOf.get(node.topic) : undefined;
    if (source !== undefined) children.set(node.name, [source]);
  }
  return children;
}

function reaches(from: string, to: string, children: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const left = [from];
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    left.push(...(children.get(name) ?? []));
  }
  return false;
}
