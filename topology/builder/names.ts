import { invalidTopology } from './invalid-topology.ts';

/** Kafka's rule for topic names; node and store names follow it because internal topics are made of them. */
const legalName = /^[a-zA-Z0-9._-]+$/;
const maxTopicNameLength = 249;

/** @throws {TOPOLOGY_INVALID} when the name cannot be part of a topic name. */
export function checkName(kind: 'application' | 'node' | 'store' | 'topic', name: string): void {
  if (!legalName.test(name) || name === '.' || name === '..' || name.length > maxTopicNameLength) {
    throw invalidTopology(
      `${kind} name "${name.slice(0, 80)}" is not usable: letters, digits, ".", "_" and "-", at most ${maxTopicNameLength} of them`,
    );
  }
}

/** Derived from explicit names only, so that no refactor renames a changelog. */
export function changelogTopic(applicationName: string, storeName: string): string {
  return `${applicationName}-${storeName}-changelog`;
}

/** Likewise for the topic of a repartition. */
export function repartitionTopic(applicationName: string, nodeName: string): string {
  return `${applicationName}-${nodeName}-repartition`;
}

/** The store that keeps the per-key timers of a node (T2). */
export function timerStoreName(nodeName: string): string {
  return `${nodeName}-timers`;
}

/** The store that keeps what a mapAsync node has in flight. */
export function inFlightStoreName(nodeName: string): string {
  return `${nodeName}-in-flight`;
}
