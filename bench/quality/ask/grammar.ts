import type { Expectation } from '../expectation.ts';
import type { Page } from '../page.ts';

/** One way of asking: the expectations of the part of the sentence it understands, else undefined. */
export type Grammar = (utterance: string, page: Page) => readonly Expectation[] | undefined;
