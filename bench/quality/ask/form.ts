import { click, required, route, type Expectation } from '../expectation.ts';
import { isField, withKind, type Page, type PageElement } from '../page.ts';
import { calendarDate } from '../words.ts';
import { pickDate, typeAndChoose } from './fields.ts';
import type { Grammar } from './grammar.ts';

/**
 * A request in the shape `{"Departure City":"Baltimore","Departure Day":3,"Passengers":2}`: each wanted value is looked for in the fields of the last
 * page. A value that is on the page without a field (a choice that stood there already) asks for nothing.
 */
export const askedForm: Grammar = (utterance, page) => {
  const wanted = readObject(utterance);
  if (wanted === undefined) return undefined;
  const fields = page.elements.filter((element) => isField(element.kind));
  const expected = wanted.flatMap(([label, value]) =>
    typeof value === 'number' ? numberWanted(label, value, fields, page) : textWanted(value, fields),
  );
  const submit = withKind(page, 'button').at(-1);
  return submit === undefined ? expected : [...expected, { ...click(submit.name), closes: true }];
};

function readObject(text: string): readonly (readonly [string, string | number])[] | undefined {
  if (!text.startsWith('{')) return undefined;
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  return Object.entries(parsed).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[key, value] as const] : [],
  );
}

function textWanted(value: string, fields: readonly PageElement[]): readonly Expectation[] {
  const field = fields.find((candidate) => candidate.value.toLowerCase().startsWith(value.toLowerCase()));
  return field === undefined ? [] : typeAndChoose(field, field.value, value);
}

/** A day of a date field, else a count: with a `+` on the page it is pressed once for each after the first. */
function numberWanted(label: string, count: number, fields: readonly PageElement[], page: Page): readonly Expectation[] {
  if (/\bday\b|\bdate\b/i.test(label)) return dayWanted(count, fields);
  const plus = withKind(page, 'button', 'item').find((element) => element.name === '+');
  if (plus === undefined || count < 2) return [];
  const pressed = { kinds: ['click', 'double-click'], names: ['+'] } as const;
  return [{ ...required(`${label}: press + ${count - 1} times`, [pressed], ['+']), atMost: count - 1 }];
}

function dayWanted(day: number, fields: readonly PageElement[]): readonly Expectation[] {
  const field = fields.find((candidate) => Number(calendarDate(candidate.value)?.slice(8)) === day);
  if (field === undefined) return [];
  return [...pickDate(field, field.value), route('close the calendar', ['Done', 'Close', 'OK'])];
}
