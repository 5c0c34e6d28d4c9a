import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPromMetrics } from '../../topology/base/prom-metrics.ts';
import { repositoryRoot } from '../cache-folder.ts';

const folders = ['topology', 'state', 'sinks', 'gateway', 'cli', 'processors'];
const declaration = /\.(counter|gauge|histogram)\(\s*'(\w+)',\s*(?:'[^']*'|"[^"]*")\s*(?:,\s*\[([^\]]*)\])?/g;

/** Labels that Prometheus and its settings add, and `le` of histograms. */
const addedLabels = ['job', 'instance', 'role', 'thread', 'le'];

/** Every name that a process of ours may show at /metrics, with the labels that it may have; read from the sources. */
export async function exportedMetrics(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, ReadonlySet<string>>([['up', new Set(addedLabels)]]);
  for (const file of folders.flatMap((folder) => sourcesIn(join(repositoryRoot(), folder)))) {
    for (const [, kind = '', name = '', labels = ''] of readFileSync(file, 'utf8').matchAll(declaration)) {
      const known = new Set([...[...labels.matchAll(/'(\w+)'/g)].map(([, label = '']) => label), ...addedLabels]);
      for (const suffix of kind === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) found.set(`stepwright_${name}${suffix}`, known);
    }
  }
  const page = await createPromMetrics({ process: true }).page();
  for (const [, name = ''] of page.matchAll(/^# TYPE (\w+) /gm)) found.set(name, new Set(addedLabels));
  return found;
}

/** What an expression asks for: names of metrics, and the labels beside each. */
export function metricsIn(expr: string): readonly string[] {
  return [...new Set([...expr.matchAll(/\b(?:stepwright_\w+|up)\b/g)].map(([name]) => name))];
}

/** Labels that an expression groups or selects by. */
export function labelsIn(expr: string): readonly string[] {
  const grouped = [...expr.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  const selected = [...expr.matchAll(/\{([^{}]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
  );
  return [...new Set([...grouped, ...selected])].filter((label) => label !== '');
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['test-support', 'testdata', 'testing'].includes(entry.name) ? [] : sourcesIn(path);
    return entry.name.endsWith('.ts') && !entry.name.includes('.test.') ? [path] : [];
  });
}
