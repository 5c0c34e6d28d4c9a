import type { Expectation } from '../expectation.ts';
import type { Page } from '../page.ts';
import { askedChoices, askedListItems, askedMenuPath } from './choices.ts';
import { askedNamedClick, askedSection, askedTab } from './clicks.ts';
import { askedClosing } from './closing.ts';
import { askedAutocomplete, askedFields, askedMoment } from './fields.ts';
import { askedForm } from './form.ts';
import type { Grammar } from './grammar.ts';
import { askedMail } from './mail.ts';

/** The first that understands the sentence speaks for it; the closing ("and press Submit") is added to any of them. */
const grammars: readonly Grammar[] = [
  askedForm,
  askedMoment,
  askedAutocomplete,
  askedFields,
  askedListItems,
  askedMenuPath,
  askedMail,
  askedSection,
  askedTab,
  askedNamedClick,
  askedChoices,
];

/**
 * What a good guide of this recording says, read from the request and the last page alone.
 * Undefined: the request is not understood, which the report counts as a fault of the scorer, never as a free pass.
 */
export function expectationsOf(utterance: string, page: Page): readonly Expectation[] | undefined {
  for (const grammar of grammars) {
    const found = grammar(utterance, page);
    if (found !== undefined) return [...found, ...askedClosing(utterance, page)];
  }
  return undefined;
}
