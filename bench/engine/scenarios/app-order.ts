import { parseArgs } from 'node:util';
import type { ProcessingGuarantee } from '../../../topology/index.ts';

/** The topologies that every contestant has, by name. */
export const topologyNames = ['keyed-count', 'keyed-last-value', 'session-windows'] as const;
export type TopologyName = (typeof topologyNames)[number];

/** What one contestant's process is told; the same for ours, the peer and the bare loop. */
export interface AppOrder {
  readonly topology: TopologyName;
  readonly broker: string;
  /** Group, transactional ids, and the first part of the changelog's name. */
  readonly application: string;
  readonly input: string;
  readonly output: string;
  /** State folder. */
  readonly directory: string;
  readonly guarantee: ProcessingGuarantee;
  readonly commitIntervalMs: number;
  /** Decoded or cached state of the whole process. */
  readonly cacheBytes: number;
  /** Of session windows. */
  readonly gapMs: number;
  readonly retentionMs: number;
}

/** Name of the one store of every topology; its changelog is `<application>-<store>-changelog`. */
export const storeName = 'bench-store';
export const partitionCount = 4;

export function toArguments(order: AppOrder): readonly string[] {
  return Object.entries(order).flatMap(([name, value]) => [
    `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
}

/** @throws {Error} for an argument that is missing or unknown. */
export function fromArguments(args: readonly string[]): AppOrder {
  const text = { type: 'string', default: '' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      topology: text,
      broker: text,
      application: text,
      input: text,
      output: text,
      directory: text,
      guarantee: text,
      'commit-interval-ms': text,
      'cache-bytes': text,
      'gap-ms': text,
      'retention-ms': text,
    },
  });
  const topology = topologyNames.find((name) => name === values.topology);
  if (topology === undefined) throw new Error(`--topology must be one of ${topologyNames.join(', ')}`);
  return {
    topology,
    broker: values.broker,
    application: values.application,
    input: values.input,
    output: values.output,
    directory: values.directory,
    guarantee: values.guarantee === 'at_least_once' ? 'at_least_once' : 'exactly_once',
    commitIntervalMs: Number(values['commit-interval-ms']),
    cacheBytes: Number(values['cache-bytes']),
    gapMs: Number(values['gap-ms']),
    retentionMs: Number(values['retention-ms']),
  };
}
