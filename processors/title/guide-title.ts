import type { GuideStep } from '../../schemas/types/guide.ts';
import { fold, hostOf, labelOf, lowerFirst, shorten } from './phrases.ts';

/** What the goal of a guide is read from. */
export interface GoalStep extends Pick<GuideStep, 'kind' | 'title' | 'page'> {
  readonly target: { readonly name: string; readonly context?: string };
}

/** Button words that say that something is done, not what. */
const closingWords = /^(?:submit|ok|okay|done|next|continue|finish|yes|apply|confirm|go|close|cancel|back|x|×)$/i;
/** Words that change something: what a recording is made for. */
const deeds =
  /^(?:add|approve|archive|assign|book|build|buy|change|check ?out|configure|connect|copy|create|delete|deploy|disable|duplicate|edit|enable|export|fork|generate|import|install|invite|join|make|merge|move|order|pay|place|post|proceed|publish|register|remove|rename|reply|report|request|reset|restore|run|save|schedule|send|set|share|sign ?up|start|stop|subscribe|switch|sync|transfer|update|upload|verify|write)\b/i;
/** Words that find or open something, or end the visit: the goal when there is no better one. */
const visits = /^(?:browse|choose|compare|download|filter|find|forward|get|log ?in|open|print|search|show|sign ?in|view)\b/i;

/** "How to find flights in Alaska Airlines". The agent's own title wins. A typed value never stands in it. */
export function guideTitle(steps: readonly GoalStep[], agentTitle: string | undefined): string {
  const own = fold(agentTitle ?? '');
  if (own !== '') return shorten(own, 160);
  if (steps.length === 0) return 'Empty recording';
  return shorten(`How to ${goalOf(steps)}${appPhrase(steps)}`, 160);
}

/** "In 5 steps: type "alan" into Username, type a secret into Password, and click Login." */
export function guideSummary(steps: readonly Pick<GuideStep, 'title'>[]): string {
  const titles = steps.map((step) => lowerFirst(step.title));
  const [first] = titles;
  const last = titles.at(-1);
  if (first === undefined || last === undefined) return 'Nothing that makes a step was recorded.';
  if (titles.length === 1) return `In one step: ${first}.`;
  const shown = titles.length <= 4 ? titles.slice(0, -1) : [...titles.slice(0, 2), '…'];
  return shorten(`In ${titles.length} steps: ${shown.join(', ')}${titles.length <= 4 ? ' and' : ''} ${last}.`, 400);
}

/** What the recording was for: the last deed, else the last visit, else the last thing entered or chosen. */
function goalOf(steps: readonly GoalStep[]): string {
  const clicks = steps.filter((step) => step.kind === 'click').reverse();
  for (const verbs of [deeds, visits]) {
    for (const step of clicks) {
      const goal = goalOfClick(step, verbs);
      if (goal !== undefined) return goal;
    }
  }
  const telling = steps.findLast((step) => step.kind !== 'navigate' && step.kind !== 'press' && !closingWords.test(step.target.name));
  return goalOfStep(telling ?? steps.at(-1));
}

/** `Add user`; `Save` under the heading `Change user`; `Save` under another heading. */
function goalOfClick({ target }: GoalStep, verbs: RegExp): string | undefined {
  const name = labelOf(target.name);
  const context = fold(target.context ?? '');
  const isNamed = verbs.test(name) && name.length <= 60;
  const isFinish = closingWords.test(name) || (isNamed && !name.includes(' '));
  if (isFinish && verbs.test(context) && context.length <= 60) return lowerFirst(context);
  if (!isNamed) return undefined;
  return name.includes(' ') || context === '' || context.length > 40 ? lowerFirst(name) : `${lowerFirst(name)} ${context}`;
}

function goalOfStep(step: GoalStep | undefined): string {
  if (step?.kind !== 'type' && step?.kind !== 'secret') return lowerFirst(step?.title ?? '');
  const name = labelOf(step.target.name);
  return `fill in ${name === '' ? 'the form' : name}`;
}

/** The application: the part of the page title after the last separator, else the host. */
function appPhrase(steps: readonly GoalStep[]): string {
  const page = steps.findLast((step) => step.page !== undefined && (step.page.title !== '' || step.page.url !== ''))?.page;
  if (page === undefined) return '';
  const part =
    fold(page.title)
      .split(/\s[-–—|·]\s/)
      .at(-1) ?? '';
  const app = part === '' ? hostOf(page.url) : part;
  return app === '' ? '' : ` in ${shorten(app, 60)}`;
}
