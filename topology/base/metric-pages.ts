/**
 * Several pages of the Prometheus text format as one: a family's help and type stand once, before the samples of all pages. The pages' samples must differ in
 * a label, or Prometheus refuses the page.
 */
export function mergeMetricPages(pages: readonly string[]): string {
  const families = new Map<string, { head: readonly string[]; samples: string[] }>();
  for (const page of pages) {
    let head: string[] = [];
    let samples: string[] = [];
    for (const line of page.split('\n')) {
      if (line.startsWith('# HELP ')) {
        const name = line.split(' ')[2] ?? '';
        head = [line];
        const family = families.get(name) ?? { head, samples: [] };
        families.set(name, family);
        samples = family.samples;
      } else if (line.startsWith('#')) head.push(line);
      else if (line !== '') samples.push(line);
    }
  }
  return [...families.values()].map(({ head, samples }) => `${[...head, ...samples].join('\n')}\n`).join('\n');
}
