/** Waits for all, so that nothing is still being written when the batch is tried again. @throws what the first that failed threw. */
export async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
