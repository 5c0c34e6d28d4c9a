/** Whether the engine behind the page is on this machine. */
export function isAnalyticsInstalled(): boolean {
  try {
    import.meta.resolve('chdb/connection');
    return true;
  } catch {
    return false;
  }
}
