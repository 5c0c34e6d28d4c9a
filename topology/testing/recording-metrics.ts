import type { Labels, Metrics } from '../base/metrics.ts';

export interface RecordingMetrics extends Metrics {
  /** Sum of a counter, or last value of a gauge, over the label sets that contain `labels`; 0 when it was never touched. */
  total(name: string, labels?: Labels): number;
}

/** Metrics that a test can ask. */
export function createRecordingMetrics(): RecordingMetrics {
  const values = new Map<string, { readonly name: string; readonly labels: Labels; value: number }>();
  const at = (name: string, labels: Labels) => {
    const key = `${name} ${JSON.stringify(Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1)))}`;
    const known = values.get(key) ?? { name, labels, value: 0 };
    values.set(key, known);
    return known;
  };
  return {
    counter: (name) => ({ add: (amount = 1, labels = {}) => void (at(name, labels).value += amount) }),
    gauge: (name) => ({
      set: (value, labels = {}) => void (at(name, labels).value = value),
      remove: (labels) => void (at(name, labels).value = 0),
    }),
    histogram: (name) => ({ observe: (_value, labels = {}) => void (at(name, labels).value += 1) }),
    total: (name, labels = {}) =>
      [...values.values()]
        .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .reduce((sum, one) => sum + one.value, 0),
  };
}
