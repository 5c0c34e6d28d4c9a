import type { MemoryEntry } from './memory-entry.ts';

interface CompactionBounds {
  /** Entries from here on are left alone. */
  readonly stableOffset: bigint;
  /** Tombstones appended before this time go. */
  readonly tombstonesSinceMs: number;
}

/** Offsets of the stable entries that compaction keeps: per key the last committed one; records without a key always. */
export function keysToKeep(entries: readonly MemoryEntry[], bounds: CompactionBounds): ReadonlySet<bigint> {
  const lastByKey = new Map<string, MemoryEntry>();
  const keep = new Set<bigint>();
  for (const entry of entries) {
    if (entry.offset >= bounds.stableOffset) break;
    if (entry.record === undefined || entry.transaction?.state === 'aborted') continue;
    if (entry.record.key === null) keep.add(entry.offset);
    else lastByKey.set(entry.record.key.toString('latin1'), entry);
  }
  for (const entry of lastByKey.values()) {
    const isExpiredTombstone = entry.record?.value === null && entry.appendedAtMs < bounds.tombstonesSinceMs;
    if (!isExpiredTombstone) keep.add(entry.offset);
  }
  return keep;
}
