/** One step of the schema. Its statements may run again after a part of them ran: each says IF NOT EXISTS. */
export interface SchemaVersion {
  readonly version: number;
  readonly about: string;
  readonly statements: readonly string[];
}

/** Rows are replaced and read by partition: levels keep a partition in few files. */
const levelled = "compaction = {'class': 'LeveledCompactionStrategy'}";

/**
 * Access patterns, then tables. Only what ScyllaDB and Cassandra both know; no secondary index, no materialized view, no filtering.
 * - a session's row, its guide, its steps with the position they stand for: one partition of `session_rows`. Bounded by what one session may record (quota).
 *   `edition` is a clustering column, so that forgetting takes all editions with one deletion of the partition.
 * - a page of a tenant's sessions or guides, newest first: one partition of `session_list` or `guide_list` while the page stays in one month; `list_months` says
 *   which months there are. Rows are whole copies, so that a page needs no second look.
 * - where the sink goes on: one partition of `positions`, one row a topic and partition.
 *
 * Kinds of `session_rows`: 1 session, 2 position, 3 step, 4 guide. `body` is sealed JSON. `newest_first` is 2^53 − 1 − openedAtMs: ascending order on both columns
 * lets one comparison go on after the page before.
 */
export const schemaVersions: readonly SchemaVersion[] = [
  {
    version: 1,
    about: 'views of sessions, steps and guides',
    statements: [
      `CREATE TABLE IF NOT EXISTS session_rows (
         tenant_id text, session_id text, edition text, kind tinyint, row_id text,
         revision text, opened_at bigint, epoch int, next_offset bigint, body blob,
         PRIMARY KEY ((tenant_id, session_id), edition, kind, row_id)) WITH ${levelled}`,
      `CREATE TABLE IF NOT EXISTS session_list (
         tenant_id text, edition text, month int, newest_first bigint, session_id text, body blob,
         PRIMARY KEY ((tenant_id, edition, month), newest_first, session_id)) WITH ${levelled}`,
      `CREATE TABLE IF NOT EXISTS guide_list (
         tenant_id text, edition text, month int, newest_first bigint, session_id text, body blob,
         PRIMARY KEY ((tenant_id, edition, month), newest_first, session_id)) WITH ${levelled}`,
      `CREATE TABLE IF NOT EXISTS list_months (
         tenant_id text, edition text, month int,
         PRIMARY KEY ((tenant_id, edition), month)) WITH CLUSTERING ORDER BY (month DESC)`,
      `CREATE TABLE IF NOT EXISTS positions (
         edition text, epoch int, topic text, partition_number int, next_offset bigint,
         PRIMARY KEY ((edition), epoch, topic, partition_number))`,
      `CREATE TABLE IF NOT EXISTS epochs (edition text PRIMARY KEY, epoch int, topic_ids text)`,
    ],
  },
];
