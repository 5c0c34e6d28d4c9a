/** White space folded and trimmed. */
export function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Year, month, day of a written date, when it is one: `12/09/2016`, `3/3/2017`, `2016-12-09`. */
export function calendarDate(text: string): string | undefined {
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text.trim());
  if (us !== null) return `${us[3]}-${pad(us[1])}-${pad(us[2])}`;
  return /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? text.trim() : undefined;
}

/** `HH:MM` on a 24-hour clock of a written time, when it is one: `7:29 AM`, `07:29`. */
export function clockTime(text: string): string | undefined {
  const found = /^(\d{1,2}):(\d{2})\s*(am|pm)?$/i.exec(text.trim());
  if (found === null) return undefined;
  const half = found[3]?.toLowerCase();
  const hour = Number(found[1]);
  const hour24 = half === undefined ? hour : (hour % 12) + (half === 'pm' ? 12 : 0);
  return `${pad(String(hour24))}:${found[2]}`;
}

function pad(digits: string | undefined): string {
  return (digits ?? '').padStart(2, '0');
}
