/** Columns as wide as their widest cell; numbers to the right. Ends with a line feed. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => String(row[column] ?? '').length)));
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || row[column] === ''));
  const line = (cells: readonly (string | number)[]): string =>
    widths
      .map((width, column) =>
        isNumber[column] === true ? String(cells[column] ?? '').padStart(width) : String(cells[column] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}
