import type { SafeStep } from '../model.ts';
import { elementPhrase, fold, labelOf, nounOf, quoted, shorten } from './phrases.ts';
import { stepTitle } from './step-title.ts';

/** A full sentence that also says what the element is and which page it is on. */
export function stepDescription(step: SafeStep): string {
  const remark = step.kind === 'secret' ? '; it was not recorded' : '';
  return `${sentence(step)}${onPage(step)}${remark}.`;
}

function sentence(step: SafeStep): string {
  switch (step.kind) {
    case 'click':
    case 'double-click':
    case 'right-click':
      return `${{ click: 'Click', 'double-click': 'Double-click', 'right-click': 'Right-click' }[step.kind]} ${described(step)}`;
    case 'type':
      if (step.target.role === 'slider') return stepTitle(step);
      return fold(step.value ?? '') === '' ? `Clear ${described(step)}` : `Type ${quoted(step.value ?? '', 500)} into ${described(step)}`;
    case 'secret':
      return `Type your secret into ${described(step)}`;
    default:
      return stepTitle(step);
  }
}

/** `the button "Save"`; an icon or a nameless element as the title says it. */
function described(step: SafeStep): string {
  const { target } = step;
  if (target.name === '' || target.nameSource === 'icon' || target.nameSource === 'look') return elementPhrase(target);
  const noun = nounOf(target.role);
  return noun === 'element' ? quoted(labelOf(target.name), 200) : `the ${noun} ${quoted(labelOf(target.name), 200)}`;
}

function onPage(step: SafeStep): string {
  const title = fold(step.page?.title ?? '');
  if (title === '' || step.kind === 'navigate' || step.kind === 'tab' || step.kind === 'note') return '';
  return ` on the page ${quoted(shorten(title, 120), 120)}`;
}
