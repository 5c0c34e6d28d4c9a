import type { Guide, GuideStep } from '../../../schemas/types/guide.ts';
import { escapeMarkdown, markdownCode, markdownHref, safeUrl } from './escape.ts';
import { clockText, imageText, keysOf, notices, redactionText, stepCountText, titleParts } from './step-text.ts';

/**
 * guide.md: CommonMark that pastes well into wikis. `imageHref` says where a picture's object is, seen from the document; the annotated
 * derivative is used where there is one, since Markdown cannot draw the click.
 */
export function renderGuideMarkdown(guide: Guide, imageHref: (key: string) => string): Buffer {
  const redacted = redactionText(guide);
  const facts = [stepCountText(guide.steps.length), `${clockText(guide.durationMs)} min`, ...(redacted === undefined ? [] : [redacted])];
  const blocks = [
    `# ${escapeMarkdown(guide.title)}`,
    ...(guide.summary === '' ? [] : [escapeMarkdown(guide.summary)]),
    `*${escapeMarkdown(facts.join(' · '))}*`,
    ...notices(guide).map((text) => `> ${escapeMarkdown(text)}`),
    ...guide.steps.flatMap((step) => stepBlocks(step, imageHref)),
  ];
  return Buffer.from(`${blocks.join('\n\n')}\n`);
}

function stepBlocks(step: GuideStep, imageHref: (key: string) => string): readonly string[] {
  const title = titleParts(step).map(({ text, strong }) => (strong ? emphasised(text) : spaced(text)));
  return [
    `## ${step.order}. ${title.join('')}`.trimEnd(),
    ...(step.description === '' ? [] : [escapeMarkdown(step.description)]),
    ...valueBlock(step),
    ...whereBlock(step),
    ...imageBlock(step, imageHref),
  ];
}

function valueBlock(step: GuideStep): readonly string[] {
  const keys = keysOf(step);
  if (keys.length > 0) return [`Keys: ${keys.map(markdownCode).join(' + ')}`];
  // How a page was come to stands in the title.
  return step.value === undefined || step.value.trim() === '' || step.kind === 'navigate' ? [] : [`Value: ${markdownCode(step.value)}`];
}

function whereBlock(step: GuideStep): readonly string[] {
  if (step.page === undefined || (step.page.title === '' && step.page.url === '')) return [];
  const label = escapeMarkdown(step.page.title === '' ? step.page.url : step.page.title);
  const href = safeUrl(step.page.url);
  return [`On ${href === undefined ? label : `[${label}](${markdownHref(href)})`}, ${clockText(step.atMs)}`];
}

function imageBlock(step: GuideStep, imageHref: (key: string) => string): readonly string[] {
  if (step.image === undefined) return [];
  return [`![${escapeMarkdown(imageText(step))}](${markdownHref(imageHref(step.image.annotatedKey ?? step.image.fullKey))})`];
}

/** Escaping folds and trims white space; a part of a title keeps the space to its neighbours. */
function spaced(text: string): string {
  return `${/^\s/.test(text) ? ' ' : ''}${escapeMarkdown(text)}${/\s$/.test(text) && text.trim() !== '' ? ' ' : ''}`;
}

function emphasised(text: string): string {
  const escaped = escapeMarkdown(text);
  return escaped === '' ? '' : `**${escaped}**`;
}
