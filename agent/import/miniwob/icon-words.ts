/** What icons show. Icon fonts and sprites name the glyph in a class (`fa-trash`, `ui-icon-closethick`); only these words are read from one. */
const glyphs =
  'add align back bold bookmark calendar cancel cart chat close copy delete down download edit expand filter flag forward heart help home info italic like link lock ' +
  'logout mail menu minus more next open pause pin play plus prev print redo refresh remove reply resize retweet save search send settings share star stop ' +
  'strike trash underline undo up upload user zoom';

const synonyms = {
  bin: 'trash',
  closethick: 'close',
  cog: 'settings',
  favorite: 'star',
  favourite: 'star',
  gear: 'settings',
  hamburger: 'menu',
  magnifier: 'search',
  pencil: 'edit',
  previous: 'prev',
  resizable: 'resize',
  strikethrough: 'strike',
  times: 'close',
};

const iconWords: ReadonlyMap<string, string> = new Map([
  ...glyphs.split(' ').map((word) => [word, word] as const),
  ...Object.entries(synonyms),
]);

/** Of two words these tell what the click does, the other what is drawn: `open-search` is a magnifying glass. */
const vague: ReadonlySet<string> = new Set(['open']);

/** The glyph that a class or identifier names, or empty. More than two known words make a layout class, not a glyph. */
export function iconNameOf(identifiers: string): string {
  const words = identifiers.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => iconWords.get(word.toLowerCase()));
  const distinct = [...new Set(words.filter((word) => word !== undefined))];
  if (distinct.length > 2) return '';
  return distinct.find((word) => !vague.has(word)) ?? distinct[0] ?? '';
}
