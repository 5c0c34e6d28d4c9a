import type { MapAsyncDefinition, NodeDefinition, ProcessorDefinition } from '../builder/node-definition.ts';
import type { SubTopology } from '../builder/sub-topology.ts';
import { MapAsyncNode } from './map-async-node.ts';
import { NodeContext } from './node-context.ts';
import type { NodeScope } from './node-scope.ts';
import { ProcessorNode, TimedProcessorNode } from './processor-node.ts';
import type { RuntimeNode } from './runtime-node.ts';
import { SinkNode } from './sink-node.ts';
import { SourceNode } from './source-node.ts';
import { TimerService, undeclaredTimers } from './timer-service.ts';

/** The running nodes of one task. Made anew after a rollback, so that nothing a processor remembers outlives the transaction (K4). */
export interface TaskNodes {
  readonly sources: ReadonlyMap<string, SourceNode>;
  readonly asyncNodes: readonly MapAsyncNode[];
  close(): void;
}

export function createTaskNodes(subTopology: SubTopology, scope: NodeScope): TaskNodes {
  const nodes = new Map<string, RuntimeNode>();
  const sources = new Map<string, SourceNode>();
  const asyncNodes: MapAsyncNode[] = [];
  const definitions = new Map(subTopology.nodes.map((definition) => [definition.name, definition]));
  // Children first, so that every node is made with the children it forwards to.
  for (const definition of subTopology.nodes.toReversed()) {
    const childNames = subTopology.childrenOf.get(definition.name) ?? [];
    const children = childNames.flatMap((name) => nodes.get(name) ?? []);
    if (definition.type === 'source') {
      const processors = childNames.flatMap((name) => processorOnly(definitions.get(name)));
      sources.set(definition.topic, new SourceNode(definition, children, processors));
      continue;
    }
    const node = createNode(definition, scope, children);
    if (node instanceof MapAsyncNode) asyncNodes.push(node);
    nodes.set(definition.name, node);
  }
  const close = () => {
    for (const node of nodes.values()) node.close?.();
  };
  return { sources, asyncNodes, close };
}

function createNode(
  definition: Exclude<NodeDefinition, { type: 'source' }>,
  scope: NodeScope,
  children: readonly RuntimeNode[],
): RuntimeNode {
  if (definition.type === 'sink') return new SinkNode(definition, scope);
  if (definition.type === 'map-async') return createMapAsync(definition, scope, children);
  return createProcessor(definition, scope, children);
}

function createMapAsync(definition: MapAsyncDefinition, scope: NodeScope, children: readonly RuntimeNode[]): RuntimeNode {
  return new MapAsyncNode({ definition, scope, children, store: scope.state.store(definition.inFlightStore) });
}

function createProcessor(definition: ProcessorDefinition, scope: NodeScope, children: readonly RuntimeNode[]): RuntimeNode {
  const { name, timerStore } = definition;
  const stores = Object.fromEntries(Object.entries(definition.stores).map(([key, spec]) => [key, scope.state.store(spec)]));
  const timers = timerStore === undefined ? undefined : new TimerService(scope.state.store(timerStore));
  const context = new NodeContext({ nodeName: name, scope, stores, children, timers: timers ?? undeclaredTimers(name) });
  const supply = scope.wrapProcessor(name, (given) => definition.create(given));
  const processor = supply(context);
  if (timers === undefined) return new ProcessorNode(name, scope.current, processor);
  return new TimedProcessorNode(name, scope.current, processor, timers);
}

function processorOnly(definition: NodeDefinition | undefined): readonly ProcessorDefinition[] {
  return definition?.type === 'processor' ? [definition] : [];
}
