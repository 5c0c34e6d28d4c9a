import type { Placed } from '../migrations.ts';

/** The schema's statements on a single server, or on the embedded engine: as they are. */
export const asWritten: Placed = (statement) => statement;

/**
 * The same statements for all replicas of a cluster of one shard: made ON CLUSTER, data replicated under the server's default path and replica name.
 * Replicated tables deduplicate by another setting of the same meaning.
 */
export function onCluster(cluster: string): Placed {
  const on = `ON CLUSTER ${quoteName(cluster)}`;
  return (statement) =>
    statement
      .replace(/^(\s*(?:CREATE|DROP|ALTER) (?:DATABASE|TABLE|VIEW|MATERIALIZED VIEW)(?: IF (?:NOT )?EXISTS)? [\w.]+)/, `$1 ${on}`)
      .replace(/\bENGINE = (\w*MergeTree)\b/, 'ENGINE = Replicated$1')
      .replace(/\bnon_replicated_deduplication_window\b/, 'replicated_deduplication_window');
}

/** A name as ClickHouse reads it, whatever is in it. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** A text as ClickHouse reads it, where it takes no parameter: DDL of users and policies. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
