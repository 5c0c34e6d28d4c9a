import { fieldWords, required, route, type Expectation, type Way } from '../expectation.ts';
import { isField, withKind, type ElementKind, type Page, type PageElement } from '../page.ts';
import { calendarDate, clockTime } from '../words.ts';
import type { Grammar } from './grammar.ts';

/** Typing into `field`; a password is a secret step that shows no value. */
export function typeInto(field: PageElement, value: (typed: string) => boolean, kinds: Way['kinds'] = ['type']): Expectation {
  const what = field.name === '' ? `type into the ${field.kind} field` : `type into ${field.name}`;
  const names = namesOf(field);
  const hidden = (typed: string): boolean => typed === '' || /^(?:\[.*\]|[*•]+)$/.test(typed);
  const way: Way = field.kind === 'password' ? { kinds: ['secret'], names, value: hidden } : { kinds, names, value };
  return required(what, [way], titleWordsOf(field));
}

function namesOf(field: PageElement): readonly string[] {
  return field.name === '' ? [''] : [field.name, `${field.name}:`];
}

function titleWordsOf(field: PageElement): readonly string[] {
  return field.name === '' ? [...fieldWords, field.kind] : [field.name];
}

const noun: Readonly<Record<string, ElementKind>> = { password: 'password' };

/** `Enter "x" into the text field`, `Enter the username "x" and the password "y" into …`, `… into both text fields`. */
export const askedFields: Grammar = (utterance, page) => {
  if (!/^(?:enter|type|fill in)\b/i.test(utterance) || !/ into /i.test(utterance)) return undefined;
  const pairs = [...utterance.matchAll(/(?:the (\w+) )?"([^"]*)"/g)];
  const expected = pairs.flatMap(([, label, value]) => fieldsFor(label, page).map((field) => typeInto(field, (typed) => typed === value)));
  const wanted = /into both /i.test(utterance) ? 2 : pairs.length;
  return expected.length >= wanted && wanted > 0 ? expected : undefined;
};

/** The fields a word speaks of: of that kind, else of that label, else every text field. */
function fieldsFor(label: string | undefined, page: Page): readonly PageElement[] {
  const kind = noun[label?.toLowerCase() ?? ''];
  if (kind !== undefined) return withKind(page, kind);
  const fields = withKind(page, 'text', 'textarea');
  const labelled = fields.filter((field) => field.name.toLowerCase() === label?.toLowerCase());
  return labelled.length > 0 ? labelled : fields;
}

/** "Enter 7:29 AM as the time", "Select 12/09/2016 as the date". */
export const askedMoment: Grammar = (utterance, page) => {
  const asked = /^(?:enter|select|choose) (.+?) as the (?:date|time)\b/i.exec(utterance)?.[1];
  const field = asked === undefined ? undefined : page.elements.find((element) => isField(element.kind));
  if (asked === undefined || field === undefined) return undefined;
  if (field.kind === 'text') return pickDate(field, asked);
  return [typeInto(field, (typed) => sameMoment(typed, asked), ['type', 'select'])];
};

function sameMoment(typed: string, asked: string): boolean {
  const date = calendarDate(asked);
  return date === undefined ? clockTime(asked) !== undefined && clockTime(typed) === clockTime(asked) : calendarDate(typed) === date;
}

/**
 * A date in a text field with a calendar: the day clicked, or the date typed. Opening the calendar and turning its months are the way there: which
 * month it opened at is not on the last page.
 */
export function pickDate(field: PageElement, asked: string): readonly Expectation[] {
  const day = String(Number(calendarDate(asked)?.slice(8) ?? Number.NaN));
  const fieldNames = ['', 'Date', 'Date:', field.name];
  const clicked: Way = { kinds: ['click', 'select'], names: [day], nameLike: new RegExp(`^${day}\\b`) };
  const entered: Way = { kinds: ['type', 'select'], names: fieldNames, value: (value) => sameMoment(value, asked) };
  return [
    route('open the calendar', fieldNames, 2),
    route('turn the calendar', ['Prev', 'Next', 'Previous', 'Previous month', 'Next month', '‹', '›'], 24),
    required(`choose ${asked}`, [clicked, entered], [day, asked]),
  ];
}

/** `Enter an item that starts with "Pa" and ends with "nama".`: the beginning typed and the suggestion chosen, or all of it typed. */
export const askedAutocomplete: Grammar = (utterance, page) => {
  const start = /item that starts with "([^"]+)"/i.exec(utterance)?.[1];
  const field = start === undefined ? undefined : withKind(page, 'text')[0];
  if (start === undefined || field === undefined) return undefined;
  return typeAndChoose(field, field.value, start);
};

/** @param chosen what the field holds at the end. */
export function typeAndChoose(field: PageElement, chosen: string, start: string): readonly Expectation[] {
  const asked = start.toLowerCase();
  const begins = (typed: string): boolean =>
    typed !== '' && (typed === chosen || typed.toLowerCase().startsWith(asked.slice(0, typed.length)));
  const typed = typeInto(field, begins);
  const whole: Way = { kinds: ['type', 'select'], names: namesOf(field), value: (value) => value === chosen };
  const chosenWay: Way = { kinds: ['click', 'select'], names: [chosen] };
  return [
    { ...typed, ways: [...typed.ways, whole], together: chosen },
    { ...required(`choose ${chosen}`, [chosenWay, whole], [chosen, ...titleWordsOf(field)]), together: chosen },
  ];
}
