import type { Guide, GuideStep } from '../../../schemas/types/guide.ts';

/** A piece of a title; the element's name is the strong one. Titles are plain text, emphasis is the renderer's. */
export interface TitlePart {
  readonly text: string;
  readonly strong: boolean;
}

export function titleParts(step: Pick<GuideStep, 'title' | 'target'>): readonly TitlePart[] {
  const { title, target } = step;
  const at = target.name === '' ? -1 : title.indexOf(target.name);
  if (at < 0 || target.name.length === title.length) return [{ text: title, strong: false }];
  const parts = [
    { text: title.slice(0, at), strong: false },
    { text: target.name, strong: true },
    { text: title.slice(at + target.name.length), strong: false },
  ];
  return parts.filter((part) => part.text !== '');
}

/** The keys of a `press` or `shortcut` step, in order: `Control+Shift++` is Control, Shift, +. */
export function keysOf(step: Pick<GuideStep, 'kind' | 'value'>): readonly string[] {
  if ((step.kind !== 'press' && step.kind !== 'shortcut') || step.value === undefined || step.value === '') return [];
  return step.value.split(/(?<=[^+])\+/);
}

/** Minutes and seconds since the recording began. */
export function clockText(atMs: number): string {
  const seconds = Math.max(0, Math.floor(atMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What a reader must know before trusting the guide; one sentence each, none when all is well. */
export function notices(guide: Guide): readonly string[] {
  const missed = guide.missedEvents;
  const missedText = missed === 1 ? '1 event of this recording was not captured' : `${missed} events of this recording were not captured`;
  // The warnings of a recording that went through sessionize say it already, beginning with the same count.
  const isSaid = missed === 0 || guide.warnings.some((warning) => warning.startsWith(`${missed} event`));
  return [...(isSaid ? [] : [`${missedText}; steps may be missing.`]), ...guide.warnings];
}

/** Says what was taken out, or nothing. */
export function redactionText(guide: Guide): string | undefined {
  const parts = guide.redactions.filter(({ count }) => count > 0).map(({ kind, count }) => `${count} × ${kind}`);
  return parts.length === 0 ? undefined : `Redacted: ${parts.join(', ')}.`;
}

/** What the picture shows, for those who do not see it. */
export function imageText(step: GuideStep): string {
  const marked = step.image?.click === undefined ? '' : ' The place of the click is marked.';
  return `Screenshot of step ${step.order}: ${step.title}.${marked}`;
}

export function stepCountText(count: number): string {
  return count === 1 ? '1 step' : `${count} steps`;
}
