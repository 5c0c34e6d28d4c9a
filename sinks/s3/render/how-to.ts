import type { Guide } from '../../../schemas/types/guide.ts';

/** schema.org HowTo of a guide, for search engines and importers. */
export function howTo(guide: Guide): object {
  return {
    '@context': 'https://schema.org',
    '@type': 'HowTo',
    name: guide.title,
    description: guide.summary,
    totalTime: `PT${Math.max(0, Math.round(guide.durationMs / 1000))}S`,
    step: guide.steps.map((step) => ({
      '@type': 'HowToStep',
      position: step.order,
      name: step.title,
      text: step.description === '' ? step.title : step.description,
      url: `#step-${step.order}`,
    })),
  };
}
