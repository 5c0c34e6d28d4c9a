/**
 * A reporter of node:test beside the one for people: a line of JSON for every skipped test and skipped suite, as it is reported, `{"skipped": reason}`, and
 * one for each total of node:test. A skipped suite counts once; it is in none of node:test's totals, and neither are the tests inside it.
 */
// oxlint-disable-next-line import/no-default-export -- what node:test takes a reporter by
export default async function* outcomes(events) {
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.skip !== undefined) yield line({ skipped: typeof data.skip === 'string' ? data.skip : '' });
    const [, word, count] = (type === 'test:diagnostic' && /^(pass|fail|cancelled|todo) (\d+)$/.exec(data.message)) || [];
    if (word !== undefined) yield line({ [word]: Number(count) });
  }
}

/** `lines` as the reporter wrote them; nothing for those that a killed run did not come to. */
export function readOutcome(lines) {
  const outcome = { pass: 0, fail: 0, cancelled: 0, todo: 0, skipped: [] };
  // What follows the last end of a line was cut off.
  for (const text of lines.split('\n').slice(0, -1)) {
    const { skipped, ...total } = JSON.parse(text);
    if (skipped !== undefined) outcome.skipped.push(skipped || 'no reason given');
    Object.assign(outcome, total);
  }
  return outcome;
}

/** `N × reason`, the most frequent first. */
export function countReasons(reasons) {
  const counts = new Map();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([reason, count]) => `${count} × ${reason}`);
}

function line(value) {
  return `${JSON.stringify(value)}\n`;
}
