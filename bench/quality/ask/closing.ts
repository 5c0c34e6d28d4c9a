import { required, route, type Expectation } from '../expectation.ts';
import { isField, named, withKind, type Page } from '../page.ts';

const closing = /\b(?:click|press|hit)\s+(?:the\s+)?"?(submit|login|log in|sign in|search|send|save|ok|done)"?\s*(?:button)?\.?$/i;

/**
 * "… and press Submit." The button by its name on the page, or Enter in the form.
 * Not asked for, but a form with one button only: pressing it is on the way.
 */
export function askedClosing(utterance: string, page: Page): readonly Expectation[] {
  const asked = closing.exec(utterance)?.[1];
  if (asked === undefined) return onlyButton(page);
  const name = named(withKind(page, 'button', 'link'), asked)?.name ?? asked;
  const clicked = { kinds: ['click'], names: [name] } as const;
  const pressed = { kinds: ['press'], names: [], nameLike: /^/, value: (key: string) => key === 'Enter' } as const;
  return [{ ...required(`click ${name}`, [clicked, pressed], [name, 'Enter']), closes: true }];
}

function onlyButton(page: Page): readonly Expectation[] {
  const [button, another] = withKind(page, 'button');
  const isForm = page.elements.some((element) => isField(element.kind));
  return button === undefined || another !== undefined || !isForm ? [] : [route(`click ${button.name}`, [button.name])];
}
