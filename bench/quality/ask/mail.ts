import { click, iconWords, required, type Expectation } from '../expectation.ts';
import { isField, type Page } from '../page.ts';
import { typeInto } from './fields.ts';
import type { Grammar } from './grammar.ts';

/** Words that a drawn sign may be called by. */
const signs: Readonly<Record<string, readonly string[]>> = {
  trash: ['trash', 'delete', 'remove', 'bin'],
  star: ['star', 'important', 'mark'],
};

/** "Find the email by X and click the trash icon", "… and forward that email to Y". */
export const askedMail: Grammar = (utterance, page) => {
  const found = /^find the e-?mail by (\w+) and (.+)$/i.exec(utterance);
  const sender = found?.[1];
  const rest = found?.[2] ?? '';
  if (sender === undefined) return undefined;
  const sign = /click the (\w+) icon/i.exec(rest)?.[1];
  if (sign !== undefined) return [openMail(sender, 'route'), clickSign(sign, sender)];
  const forward = /^(forward|reply)\b.* to (\w+)/i.exec(rest);
  if (forward === null) return undefined;
  return [openMail(sender, 'required'), ...sendTo(forward[1] ?? '', forward[2] ?? '', page)];
};

/** Its row is named by the sender, with or without subject and body; a click beside the words has no name. */
function openMail(sender: string, need: Expectation['need']): Expectation {
  const way = { kinds: ['click'], names: [sender, ''], nameLike: new RegExp(`\\b${sender}\\b`) } as const;
  return { what: `open the e-mail of ${sender}`, need, ways: [way], titleWords: [sender, 'mail'] };
}

/** A sign has no visible text: its name may be empty or a word for the sign. */
function clickSign(sign: string, sender: string): Expectation {
  const words = signs[sign.toLowerCase()] ?? [sign];
  const way = { kinds: ['click'], names: [''], nameLike: new RegExp(`\\b(?:${words.join('|')})`, 'i') } as const;
  return required(`click the ${sign} sign`, [way], [...words, sender, ...iconWords]);
}

function sendTo(verb: string, receiver: string, page: Page): readonly Expectation[] {
  const field = page.elements.find((element) => isField(element.kind) && element.value === receiver);
  const typed = field === undefined ? [] : [typeInto(field, (value) => value === receiver)];
  const send = required('send it', [{ kinds: ['click'], names: [''], nameLike: /\bsend\b/i }], ['send', ...iconWords]);
  return [click(`${verb.charAt(0).toUpperCase()}${verb.slice(1)}`), ...typed, { ...send, closes: true }];
}
