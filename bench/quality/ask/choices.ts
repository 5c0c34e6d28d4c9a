import { click, listWords, required, route, type Expectation } from '../expectation.ts';
import { named, withKind, type PageElement } from '../page.ts';
import { fold } from '../words.ts';
import type { Grammar } from './grammar.ts';

/** "Select A, B from the scroll list and click Submit." */
export const askedListItems: Grammar = (utterance, page) => {
  const items = /^(?:select|choose) (.+?) from the (?:\w+ )?list\b/i.exec(utterance)?.[1];
  if (items === undefined) return undefined;
  const shown = withKind(page, 'option').length > 0;
  const list = withKind(page, 'select')[0]?.name ?? '';
  return split(items).map((item) => listItem(item, { shown, list }));
};

/** A closed list does not show on the page what was chosen, so its value may be left out, never be another one. */
function listItem(item: string, { shown, list }: { readonly shown: boolean; readonly list: string }): Expectation {
  const selected = {
    kinds: ['select'],
    names: [item, list],
    value: (value: string) => split(value).includes(item) || (value === '' && !shown),
  } as const;
  const clicked = { kinds: ['click'], names: [item] } as const;
  const expected = required(`select ${item}`, shown ? [selected, clicked] : [selected], shown ? [item] : [item, ...listWords]);
  return { ...expected, together: 'list' };
}

function split(items: string): readonly string[] {
  return items.split(',').map(fold);
}

/** "Select A>B>C": the last is chosen; the ones before it open by pointing at them. */
export const askedMenuPath: Grammar = (utterance, page) => {
  const path = /^select ([^,]+?)\.?$/i.exec(utterance)?.[1]?.split('>').map(fold);
  const last = path?.at(-1);
  if (path === undefined || last === undefined || / and click /i.test(utterance)) return undefined;
  const item = named(page.elements, last);
  return [...path.slice(0, -1).map((parent) => route(`open ${parent}`, [parent])), click(item?.name ?? last)];
};

/** "Select A,B and click Submit.": boxes or radio buttons of these names. */
export const askedChoices: Grammar = (utterance, page) => {
  const items = /^(?:select|check) (.+?) and (?:click|press|hit)\b/i.exec(utterance)?.[1];
  const boxes = withKind(page, 'checkbox', 'radio');
  if (items === undefined || boxes.length === 0) return undefined;
  return split(items).map((item) => tick(item, named(boxes, item)));
};

function tick(item: string, box: PageElement | undefined): Expectation {
  const name = box?.name ?? item;
  return required(`check ${name}`, [{ kinds: box?.kind === 'radio' ? ['check', 'select'] : ['check'], names: [name] }], [name]);
}
