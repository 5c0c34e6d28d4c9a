import { createHash } from 'node:crypto';
import type { Guide, GuideStep, StepImage } from '../../../schemas/types/guide.ts';
import { escapeHtml, jsonForScript, safeUrl } from './escape.ts';
import { guideStyle } from './guide-style.ts';
import { howTo } from './how-to.ts';
import { clockText, imageText, keysOf, notices, redactionText, stepCountText, titleParts } from './step-text.ts';

/** The bytes of a picture and what they are. */
export interface InlineImage {
  readonly body: Buffer;
  readonly contentType: string;
}

/** `apart`: there, and too much for the page. */
export type PagePicture = InlineImage | 'apart';

/** From this many steps on the page begins with an overview. */
const overviewFromSteps = 7;
const inlineTypes = new Set(['image/png', 'image/webp', 'image/jpeg']);

/**
 * guide.html: one file that needs nothing else. No script runs in it, its policy allows inlined pictures and its own style only, and the
 * same guide and pictures give the same bytes. A picture that `images` does not have, or has apart, is left out, and the step says so.
 */
export function renderGuideHtml(guide: Guide, images: ReadonlyMap<string, PagePicture>): Buffer {
  const title = escapeHtml(guide.title);
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy()}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="description" content="${escapeHtml(guide.summary)}">
<title>${title}</title>
<style>${guideStyle}</style>
<script type="application/ld+json">${jsonForScript(howTo(guide))}</script>
</head>
<body>
<a class="skip" href="#steps">Skip to the steps</a>
<header>
<h1 dir="auto">${title}</h1>
${guide.summary === '' ? '' : `<p class="summary" dir="auto">${escapeHtml(guide.summary)}</p>\n`}${facts(guide)}
${notices(guide)
  .map((text) => `<p class="notice" role="note">${escapeHtml(text)}</p>\n`)
  .join('')}</header>
<main>
${overview(guide)}<ol class="steps" id="steps">
${guide.steps.map((step) => stepHtml(step, images)).join('\n')}
</ol>
</main>
<footer><p>Made with Stepwright from a recording.</p></footer>
</body>
</html>
`;
  return Buffer.from(page);
}

function contentPolicy(): string {
  const style = createHash('sha256').update(guideStyle).digest('base64');
  return `default-src 'none'; img-src data:; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`;
}

function facts(guide: Guide): string {
  const redacted = redactionText(guide);
  const texts = [stepCountText(guide.steps.length), `${clockText(guide.durationMs)} min`, ...(redacted === undefined ? [] : [redacted])];
  return `<ul class="facts">${texts.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`;
}

function overview(guide: Guide): string {
  if (guide.steps.length < overviewFromSteps) return '';
  const links = guide.steps.map(({ order, title }) => `<li><a href="#step-${order}" dir="auto">${escapeHtml(title)}</a></li>`);
  return `<nav aria-labelledby="overview"><h2 id="overview">In this guide</h2><ol>${links.join('')}</ol></nav>\n`;
}

function stepHtml(step: GuideStep, images: ReadonlyMap<string, PagePicture>): string {
  const parts = titleParts(step).map(({ text, strong }) => (strong ? `<strong>${escapeHtml(text)}</strong>` : escapeHtml(text)));
  return [
    `<li class="step" id="step-${step.order}">`,
    `<h2><span class="number" aria-label="Step ${step.order}">${step.order}</span><span dir="auto">${parts.join('')}</span></h2>`,
    ...(step.description === '' ? [] : [`<p dir="auto">${escapeHtml(step.description)}</p>`]),
    ...valueHtml(step),
    ...whereHtml(step),
    ...figureHtml(step, images),
    '</li>',
  ].join('\n');
}

function valueHtml(step: GuideStep): readonly string[] {
  const keys = keysOf(step);
  if (keys.length > 0) return [`<p class="value">${keys.map((key) => `<kbd>${escapeHtml(key)}</kbd>`).join(' + ')}</p>`];
  // How a page was come to stands in the title.
  return step.value === undefined || step.value === '' || step.kind === 'navigate'
    ? []
    : [`<p class="value">Value: <code dir="auto">${escapeHtml(step.value)}</code></p>`];
}

function whereHtml(step: GuideStep): readonly string[] {
  if (step.page === undefined || (step.page.title === '' && step.page.url === '')) return [];
  const label = escapeHtml(step.page.title === '' ? step.page.url : step.page.title);
  const href = safeUrl(step.page.url);
  const place = href === undefined ? label : `<a href="${escapeHtml(href)}" rel="noopener noreferrer nofollow">${label}</a>`;
  return [`<p class="where" dir="auto">${place} · ${clockText(step.atMs)}</p>`];
}

function figureHtml(step: GuideStep, images: ReadonlyMap<string, PagePicture>): readonly string[] {
  if (step.image === undefined) return [];
  const inline = images.get(step.image.fullKey);
  if (inline === 'apart')
    return [
      `<p class="where">This page has as many screenshots as it can hold. The one of this step is the file <code>${escapeHtml(step.image.fullKey)}</code>.</p>`,
    ];
  if (inline === undefined || !inlineTypes.has(inline.contentType))
    return ['<p class="where">The screenshot of this step is not available.</p>'];
  const { width, height } = step.image;
  const source = `data:${inline.contentType};base64,${inline.body.toString('base64')}`;
  const picture = `<img src="${source}" alt="${escapeHtml(imageText(step))}" width="${whole(width)}" height="${whole(height)}">`;
  return [`<figure>${picture}${marks(step.image)}</figure>`];
}

/** The click's ring and the element's box, drawn over the picture in its own pixels. */
function marks(image: StepImage): string {
  if (image.click === undefined && image.highlight === undefined) return '';
  const unit = Math.max(1, image.width / 640);
  const box = image.highlight;
  const click = image.click;
  const boxes =
    box === undefined
      ? ''
      : `<rect class="box" x="${number(box.x)}" y="${number(box.y)}" width="${number(box.width)}" height="${number(box.height)}" rx="${number(3 * unit)}" stroke-width="${number(1.5 * unit)}"/>`;
  const at = click === undefined ? '' : `cx="${number(click.x)}" cy="${number(click.y)}"`;
  const rings =
    click === undefined
      ? ''
      : `<circle class="halo" ${at} r="${number(14 * unit)}" stroke-width="${number(6 * unit)}"/><circle class="ring" ${at} r="${number(14 * unit)}" stroke-width="${number(3 * unit)}"/><circle class="dot" ${at} r="${number(3 * unit)}"/>`;
  return `<svg viewBox="0 0 ${whole(image.width)} ${whole(image.height)}" aria-hidden="true">${boxes}${rings}</svg>`;
}

function whole(value: number): string {
  return String(Math.max(1, Math.round(value) || 1));
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100 || 0);
}
