import { createHash } from 'node:crypto';
import type { GuideStep } from '../../schemas/types/guide.ts';
import type { TitleRequest } from '../../schemas/types/usage.ts';
import type { SafeStep, SessionInfo } from '../model.ts';
import { fold, hostOf, shorten } from './phrases.ts';

/**
 * What a model is told. Everything here went through redaction, and on top of that no value, no path and no query of a URL leaves: a title
 * needs none of them.
 */
export function stepRequest(session: SessionInfo, step: SafeStep, ruleTitle: string): TitleRequest {
  const facts = {
    task: 'Write one imperative sentence of at most 12 words for this step of a how-to guide. Keep the element name exactly. Answer with the sentence only.',
    kind: step.kind,
    element: { name: shorten(step.target.name, 120), role: step.target.role, context: shorten(step.target.context ?? '', 120) },
    page: step.page === undefined ? '' : shorten(step.page.title, 120),
    site: step.page === undefined ? '' : hostOf(step.page.url),
    ruleTitle: withoutValue(ruleTitle, step.value),
  };
  const prompt = JSON.stringify(facts);
  return { requestId: `${step.order}.${contentHash(prompt)}`, ...ids(session), stepId: step.stepId, prompt };
}

export function guideRequest(session: SessionInfo, steps: readonly GuideStep[]): TitleRequest {
  const facts = {
    task: 'Write a title "How to … in …" of at most 12 words for a guide with these steps. Answer with the title only.',
    steps: steps.slice(0, 60).map((step) => withoutValue(step.title, step.value)),
  };
  const prompt = JSON.stringify(facts);
  return { requestId: `guide.${contentHash(prompt)}`, ...ids(session), prompt };
}

function ids(session: SessionInfo): { tenantId: string; sessionId: string } {
  return { tenantId: session.tenantId, sessionId: session.sessionId };
}

function withoutValue(title: string, value: string | undefined): string {
  const shown = fold(value ?? '');
  if (shown === '') return title;
  const quotedValue = /"[^"]*"/;
  return title.includes(shown) ? title.replaceAll(shown, '[value]') : title.replace(quotedValue, '"[value]"');
}

/** Under which a worker may keep an answer: the same question has the same one. */
export function contentHash(prompt: string): string {
  return createHash('sha256').update(prompt).digest('hex').slice(0, 24);
}

const maxAnswerLength = 160;

/** A model's answer as a title, or undefined when it is none: empty, a paragraph, or markup. */
export function acceptAnswer(answer: string): string | undefined {
  const title = fold(answer).replace(/^["'“]+|["'”.]+$/g, '');
  return title === '' || title.length > maxAnswerLength || /[<>{}]/.test(title) ? undefined : title;
}
