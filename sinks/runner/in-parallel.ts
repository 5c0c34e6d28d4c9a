/** Does the work of every item, at most `mostAtOnce` at a time. Begins nothing after a failure, and throws the first one when all that began has ended. */
export async function inParallel<Item>(items: readonly Item[], mostAtOnce: number, work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const item of left) {
      await work(item).catch((error: unknown) => failures.push(error));
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, worker));
  if (failures.length > 0) throw failures[0];
}
