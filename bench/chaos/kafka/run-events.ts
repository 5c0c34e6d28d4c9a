import type { MemberEvent } from '../../../topology/testing/fleet/member-process.ts';

const restoreLine = /^task (\S+): restored (\d+) records from its changelogs(?:; its store was wiped first: (.*))?$/;

/** What `stepwright run` says on standard error: a line for what a task restored, a log line for a task that stopped. */
export function readRunEvent(line: string): MemberEvent | undefined {
  const [, taskId, count, wiped] = restoreLine.exec(line) ?? [];
  if (taskId !== undefined) return { event: 'restored', taskId, restoredCount: Number(count), ...(wiped === undefined ? {} : { wiped }) };
  if (!line.startsWith('{') || !line.includes('a task stopped')) return undefined;
  const entry: unknown = JSON.parse(line);
  if (typeof entry !== 'object' || entry === null) return undefined;
  const field = (name: string): string => String(Object.entries(entry).find(([key]) => key === name)?.[1] ?? '');
  return { event: 'failed', taskId: field('task'), code: field('code'), message: field('reason') };
}
