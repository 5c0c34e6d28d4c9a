/** All have ended when it throws: nothing is written by an attempt that has failed already. @throws what the first that failed threw. */
export async function settleAll<Result>(works: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const outcomes = await Promise.allSettled(works);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
