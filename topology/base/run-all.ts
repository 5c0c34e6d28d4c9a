/**
 * Runs every piece of work in order, each after the one before, whatever becomes of it: what closes a process must not stop at the first part that
 * refuses, or the next one keeps its lock.
 * @throws what the first that failed threw, after all have run.
 */
export async function runAll(works: Iterable<() => Promise<unknown>>): Promise<void> {
  const failures: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
