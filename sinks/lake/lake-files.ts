import type { SinkRow, SourceRange } from '../runner/sink-target.ts';
import { dayName, dayNumber, type LakeFileName } from './lake-keys.ts';
import type { LakeRow } from './lake-row.ts';

type Row = SinkRow<LakeRow>;

/** A file before it is one. */
export interface LakeFile extends Omit<LakeFileName, 'topicId'> {
  readonly rows: readonly Row[];
}

/**
 * A file ends with the value that brings it to so many bytes: it is made in memory, and stores have limits. It decides which record is in which file, so a
 * change needs a new version of the progress (lake-progress.ts), under which a plan of the old one is finished as it was begun.
 */
const mostFileBytes = 128 << 20;

/**
 * Cuts what a batch has read into files, one a tenant and day unless there is too much for one. Within a file the records of a session stand together, sessions by
 * name: whoever wants one session reads little, and the same records are the same bytes in whatever turns their partitions were read.
 */
export function filesOf(rows: readonly Row[], ranges: readonly SourceRange[], fileBytes = mostFileBytes): readonly LakeFile[] {
  const files: LakeFile[] = [];
  for (const [tenantId, sessions] of sessionsOf(rows)) {
    for (const [day, ofDay] of daysOf(sessions)) {
      for (const [part, inside] of partsOf(ofDay, fileBytes).entries())
        files.push({ tenantId, day: dayName(day), ranges, part, rows: inside });
    }
  }
  return files;
}

/** By tenant: the rows of each session in the order of the topic, sessions by name. */
function sessionsOf(rows: readonly Row[]): ReadonlyMap<string, readonly (readonly Row[])[]> {
  // Rows of a session share their names (lake-row.ts), mostly: names that are equal and not the same end in the same place.
  const ofNames = [...groupBy(rows, ({ row }) => row.names)];
  const byTenant = groupBy(ofNames, ([{ tenantId }]) => tenantId);
  return new Map(
    [...byTenant].map(([tenantId, some]) => {
      const bySession = [...groupBy(some, ([{ sessionId }]) => sessionId)].toSorted(([one], [other]) => (one < other ? -1 : 1));
      return [tenantId, bySession.map(([, parts]) => inOrder(parts.flatMap(([, ofSession]) => ofSession)))];
    }),
  );
}

function daysOf(sessions: readonly (readonly Row[])[]): ReadonlyMap<number, readonly Row[]> {
  const days = new Map<number, Row[]>();
  for (const ofSession of sessions) {
    for (const row of ofSession) {
      const day = dayNumber(row.row.timestampMs);
      const ofDay = days.get(day);
      if (ofDay === undefined) days.set(day, [row]);
      else ofDay.push(row);
    }
  }
  return days;
}

function inOrder(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((one, other) => one.partition - other.partition || byOffset(one, other));
}

function byOffset({ offset: one }: Row, { offset: other }: Row): number {
  return one < other ? -1 : 1;
}

function partsOf(rows: readonly Row[], fileBytes: number): readonly (readonly Row[])[] {
  const parts: (readonly Row[])[] = [];
  let from = 0;
  let bytes = 0;
  for (const [index, { row }] of rows.entries()) {
    bytes += row.value?.length ?? 0;
    if (bytes < fileBytes && index < rows.length - 1) continue;
    parts.push(rows.slice(from, index + 1));
    from = index + 1;
    bytes = 0;
  }
  return parts;
}

function groupBy<Item, Name>(items: readonly Item[], nameOf: (item: Item) => Name): ReadonlyMap<Name, readonly Item[]> {
  const groups = new Map<Name, Item[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
