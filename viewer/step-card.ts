import type { GuideStep, StepImage } from '../schemas/types/guide.ts';
import { element } from './dom.ts';

/** What a step card shows; both a live upsert and a finished step have it. */
export interface ShownStep extends Pick<GuideStep, 'stepId' | 'kind' | 'title' | 'description' | 'target' | 'image' | 'value'> {
  /** Of a live step: its picture is being made. */
  readonly imagePending?: boolean;
}

/** One step: number, title with the element's name emphasized, picture with the click marked. */
export function stepCard(step: ShownStep, number: number, state: 'provisional' | 'final'): HTMLLIElement {
  return element(
    'li',
    { class: `step ${state}`, id: `step-${number}`, 'data-step-id': step.stepId },
    element(
      'h2',
      {},
      element('span', { class: 'number', 'aria-hidden': 'true' }, String(number)),
      element('span', {}, ...titleParts(step)),
    ),
    step.description.replace(/\.$/, '') === step.title || step.description === ''
      ? undefined
      : element('p', { class: 'quiet' }, step.description),
    pictureOf(step, number),
  );
}

/** The place of a picture that is still being made is kept, so that the page does not jump when it comes. */
function pictureOf(step: ShownStep, number: number): HTMLElement | undefined {
  if (step.image !== undefined) return shot(step.image, step, number);
  return step.imagePending === true ? element('p', { class: 'shot pending' }, 'Picture follows …') : undefined;
}

function titleParts(step: ShownStep): (Node | string)[] {
  const { title, target, value, kind } = step;
  if ((kind === 'press' || kind === 'shortcut') && value !== undefined && title.includes(value)) return emphasized(title, value, 'kbd');
  return target.name !== '' && title.includes(target.name) ? emphasized(title, target.name, 'span') : [title];
}

function emphasized(title: string, part: string, tag: 'kbd' | 'span'): (Node | string)[] {
  const at = title.lastIndexOf(part);
  return [title.slice(0, at), element(tag, { class: 'target' }, part), title.slice(at + part.length)];
}

function shot(image: StepImage, step: ShownStep, number: number): HTMLElement {
  const percent = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(2)}%`;
  const { click, highlight, width, height } = image;
  const marks: HTMLElement[] = [];
  if (highlight !== undefined) {
    const box = `left:${percent(highlight.x, width)};top:${percent(highlight.y, height)};width:${percent(highlight.width, width)};height:${percent(highlight.height, height)}`;
    marks.push(placed('highlight', box));
  }
  if (click !== undefined) marks.push(placed('click', `left:${percent(click.x, width)};top:${percent(click.y, height)}`));
  const picture = element('img', {
    src: imageUrl(image.fullKey),
    alt: `Screenshot of step ${number}: ${step.title}`,
    width,
    height,
    loading: 'lazy',
    decoding: 'async',
  });
  return element('a', { class: 'shot', href: imageUrl(image.fullKey), target: '_blank', rel: 'noopener' }, picture, ...marks);
}

/** Styles are set through the CSSOM: the page's policy forbids style attributes. */
function placed(kind: string, style: string): HTMLElement {
  const mark = element('span', { class: kind, 'aria-hidden': 'true' });
  mark.style.cssText = style;
  return mark;
}

export function imageUrl(key: string): string {
  return `/v1/images/${key.split('/').map(encodeURIComponent).join('/')}`;
}
