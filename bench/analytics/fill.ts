import type { AnalyticsClient } from '../../sinks/clickhouse/analytics-client.ts';

/** How much there is. Nine of ten sessions are of one tenant: the page of the largest customer is the slow one. */
export interface Extent {
  readonly stepCount: number;
  readonly dayCount: number;
}

export const largestTenant = 'big';
const stepsASession = 16;
const tenants = `['${largestTenant}', '${largestTenant}', '${largestTenant}', '${largestTenant}', '${largestTenant}', '${largestTenant}', '${largestTenant}', '${largestTenant}', '${largestTenant}', concat('small-', toString(intDiv(session, 10) % 200))]`;
const chunkSteps = 1_000_000;
const letterCount = 200_000;

/**
 * Rows as the sink writes them, made by the engine itself: session `n` is opened at a moment spread over the days, one step in four came twice. Ids are spread
 * over the key as real ones are, so the sessions of a day lie everywhere in their month.
 */
export async function fill(client: AnalyticsClient, { stepCount, dayCount }: Extent, endMs: number): Promise<void> {
  const sessionCount = Math.ceil(stepCount / stepsASession);
  const parameters = { begin: endMs - dayCount * 86_400_000, span: dayCount * 86_400_000, sessions: sessionCount };
  for (let first = 0; first < sessionCount; first += chunkSteps / stepsASession) {
    const chunk = { ...parameters, first, count: Math.min(chunkSteps / stepsASession, sessionCount - first) };
    await client.command(once(steps, first), { ...chunk, revision: 1 });
    for (const statement of [sessions, guides, steps, usage]) await client.command(once(statement, first), { ...chunk, revision: 2 });
  }
  for (const statement of [letters, times]) await client.command(once(statement, 0), { ...parameters, letters: letterCount });
}

/** A further revision of one step of so many sessions of the last day, as recordings that go on bring it; `round` tells them from those of before. */
export async function touch(
  client: AnalyticsClient,
  { sessionCount, round }: { readonly sessionCount: number; readonly round: number },
): Promise<void> {
  await client.command(
    `INSERT INTO stepwright.steps SETTINGS insert_deduplication_token = 'touch ${round} ${sessionCount}'
    SELECT * REPLACE ({revision:UInt64} AS revision) FROM stepwright.steps WHERE step_id = 'step-1' AND (tenant_id, session_id) IN (
      SELECT tenant_id, session_id FROM stepwright.sessions WHERE tenant_id = '${largestTenant}' AND toDate(opened_at) = (SELECT toDate(max(opened_at)) FROM stepwright.sessions)
      ORDER BY opened_at LIMIT {sessions:UInt64}
    ) ORDER BY tenant_id, session_id, revision DESC LIMIT 1 BY tenant_id, session_id`,
    { revision: 100 + round, sessions: sessionCount },
  );
}

let insertCount = 0;
/** A token of its own for every insert: the embedded engine keeps the last one. */
function once(statement: string, first: number): string {
  insertCount += 1;
  return statement.replace(
    'SELECT',
    `SETTINGS insert_deduplication_token = 'fill ${first} ${insertCount}', max_partitions_per_insert_block = 0 SELECT`,
  );
}

const session = `
  number + {first:UInt64} AS session, ${tenants}[1 + session % 10] AS tenant_id, concat('s-', lower(hex(MD5(toString(session))))) AS session_id,
  fromUnixTimestamp64Milli(toInt64({begin:Int64} + intDiv(toUInt64({span:Int64}) * session, {sessions:UInt64}))) AS opened`;

const sessions = `INSERT INTO stepwright.sessions (tenant_id, session_id, edition, revision, status, title, opened_at, duration_ms, event_count, missed_events)
  SELECT tenant_id, session_id, 'live', 100, 'finished', 'A recording', opened, 60000 + session % 600000, 160, session % 50 = 0
  FROM (SELECT ${session} FROM numbers({count:UInt64}))`;
const guides = `INSERT INTO stepwright.guides (tenant_id, session_id, edition, revision, guide_id, title, recorded_at, step_count, duration_ms)
  SELECT tenant_id, session_id, 'live', 100, session_id, 'How to', opened, ${stepsASession}, 60000 FROM (SELECT ${session} FROM numbers({count:UInt64}))`;
const steps = `INSERT INTO stepwright.steps (tenant_id, session_id, step_id, edition, revision, state, step_order, kind, application, recorded_at, at_ms, has_image,
    redaction_kinds, redaction_counts)
  SELECT tenant_id, session_id, concat('step-', toString(step)), 'live', {revision:UInt64}, 'final', step, ['click', 'type', 'select', 'navigate'][1 + step % 4],
    concat('app-', toString((session * 7 + step) % 300), '.example.com'), opened, 500 + step * 3000 + session % 2000, 1,
    if(step % 4 = 1, ['e-mail', 'phone'], []), if(step % 4 = 1, [1, 2], [])
  FROM (SELECT ${session} FROM numbers({count:UInt64})) ARRAY JOIN range(${stepsASession}) AS step WHERE {revision:UInt64} = 2 OR step % 4 = 3`;
const usage = `INSERT INTO stepwright.usage (tenant_id, session_id, event_id, kind, at, actor)
  SELECT tenant_id, session_id, concat(session_id, '-', toString(n)), ['guide.viewed', 'live.watched'][1 + n % 2], opened, concat('person-', toString((session + n) % 20000))
  FROM (SELECT ${session} FROM numbers({count:UInt64})) ARRAY JOIN range(2) AS n`;
/** Every twentieth record named no tenant. */
const letters = `INSERT INTO stepwright.dead_letters (partition, letter_offset, tenant_id, source_topic, source_partition, source_offset, node, task_id, code, at)
  SELECT 0, number, if(number % 20 = 7, '', ${tenants}[1 + session % 10]), 'capture.events.v1', 0, number, concat('node-', toString(number % 7)), '0_0',
    ['SERDE_FAILED', 'SINK_REFUSED', 'EVENT_INVALID'][1 + number % 3], fromUnixTimestamp64Milli({begin:Int64} + intDiv({span:Int64} * number, {letters:Int64}))
  FROM (SELECT number, intHash32(number) AS session FROM numbers({letters:UInt64}))`;
/** Ten processes, eight nodes, every ten minutes. */
const times = `INSERT INTO stepwright.processor_times (node, process, at, records, busy_us, slowest_us)
  SELECT concat('node-', toString(number % 8)), concat('process-', toString(intDiv(number, 8) % 10)),
    fromUnixTimestamp64Milli(toInt64({begin:Int64} + intDiv(number, 80) * 600000)), 1000, 1000 * (1 + number % 8), 5000
  FROM numbers(intDiv({span:Int64}, 600000) * 80)`;
