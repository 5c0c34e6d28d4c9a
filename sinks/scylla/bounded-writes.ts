import type { Statement } from './cql-session.ts';

/** Bodies of one write of a partition together; a larger body goes alone. */
const maxWriteBytes = 512 << 10;
const maxWriteStatements = 100;

/** The statements in order, in writes of bounded size. */
export function boundedWrites(statements: readonly Statement[]): readonly Statement[][] {
  const writes: Statement[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const statement of statements) {
    const size = statement.params.reduce<number>((sum, value) => sum + (Buffer.isBuffer(value) ? value.length : 0), 0);
    const last = writes.at(-1);
    if (last === undefined || bytes + size > maxWriteBytes || last.length >= maxWriteStatements) {
      writes.push([statement]);
      bytes = size;
    } else {
      last.push(statement);
      bytes += size;
    }
  }
  return writes;
}
