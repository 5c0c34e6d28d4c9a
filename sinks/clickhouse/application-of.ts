import type { StepUpsert } from '../../schemas/types/guide.ts';

const longestName = 120;

/** Where a step was taken, for counting: the host of its page, or of a desktop window the part of its title that names the program. Empty when unknown. */
export function applicationOf({ page }: Pick<StepUpsert, 'page'>): string {
  if (page === undefined) return '';
  const url = URL.canParse(page.url) ? new URL(page.url) : undefined;
  if (url !== undefined && url.host !== '') return url.host.slice(0, longestName);
  // "Report.xlsx - Excel", "Inbox — Mail": programs put their name last.
  return (page.title.split(/\s[-–—|]\s/).at(-1) ?? '').trim().slice(0, longestName);
}
