import type { GuideStep } from '../../schemas/types/guide.ts';
import { fold, hostOf, lowerFirst, shorten } from './phrases.ts';

/** Button words that say that something is done, not what. */
const closingWords = /^(?:submit|ok|okay|done|next|continue|finish|yes|apply|confirm|go|close|cancel|x|×)$/i;
const goalVerbs =
  /^(?:add|apply|approve|archive|assign|book|build|buy|cancel|change|check ?out|choose|compare|configure|connect|copy|create|delete|deploy|disable|download|edit|enable|export|fill|filter|find|generate|get|import|install|invite|join|log ?in|log ?out|make|merge|move|open|order|pay|place|post|print|publish|register|remove|rename|reply|report|request|reset|restore|run|save|schedule|search|send|set|share|show|sign ?in|sign ?out|sign ?up|start|stop|subscribe|switch|sync|transfer|update|upload|verify|view|write)\b/i;

/** "How to find flights in Book a flight". The agent's own title wins. */
export function guideTitle(steps: readonly GuideStep[], agentTitle: string | undefined): string {
  const own = fold(agentTitle ?? '');
  if (own !== '') return shorten(own, 160);
  if (steps.length === 0) return 'Empty recording';
  return shorten(`How to ${goalOf(steps)}${appPhrase(steps)}`, 160);
}

/** "In 5 steps: type "alan" into Username, type a secret into Password, and click Login." */
export function guideSummary(steps: readonly GuideStep[]): string {
  const titles = steps.map((step) => lowerFirst(step.title));
  const [first] = titles;
  const last = titles.at(-1);
  if (first === undefined || last === undefined) return 'Nothing that makes a step was recorded.';
  if (titles.length === 1) return `In one step: ${first}.`;
  const shown = titles.length <= 4 ? titles.slice(0, -1) : [...titles.slice(0, 2), '…'];
  return shorten(`In ${titles.length} steps: ${shown.join(', ')}${titles.length <= 4 ? ' and' : ''} ${last}.`, 400);
}

/** What the recording was for: the last button that names a deed, else the last thing entered or chosen, else the last step. */
function goalOf(steps: readonly GuideStep[]): string {
  const deed = steps.findLast((step) => step.kind === 'click' && goalVerbs.test(step.target.name) && !closingWords.test(step.target.name));
  if (deed !== undefined && deed.target.name.length <= 60) return lowerFirst(deed.target.name);
  const telling = steps.findLast((step) => step.kind !== 'navigate' && !isClosing(step));
  const step = telling ?? steps.at(-1);
  if (step?.kind === 'type' || step?.kind === 'secret') return `fill in ${step.target.name === '' ? 'the form' : step.target.name}`;
  return lowerFirst(step?.title ?? '');
}

function isClosing(step: GuideStep): boolean {
  return step.kind === 'press' || closingWords.test(step.target.name);
}

/** The application: the part of the page title after the last separator, else the host. */
function appPhrase(steps: readonly GuideStep[]): string {
  const page = steps.findLast((step) => step.page !== undefined && (step.page.title !== '' || step.page.url !== ''))?.page;
  if (page === undefined) return '';
  const part =
    fold(page.title)
      .split(/\s[-–—|·:]\s/)
      .at(-1) ?? '';
  const app = part === '' ? hostOf(page.url) : part;
  return app === '' ? '' : ` in ${shorten(app, 60)}`;
}
