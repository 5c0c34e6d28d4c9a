import type { Rect } from '../../../schemas/types/capture-event.ts';

/**
 * Pictures that look like pages of web applications, drawn from a seed without fonts or a browser: the same pixels on every machine. One
 * application has several pages that differ as real ones do (other rows, a dialog, a typed value …), and each page can be shot again with
 * what changes by itself (caret, clock, hover, spinner).
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGB. */
  readonly pixels: Buffer;
}

export interface PageShot {
  /** The clock in the header, minutes since midnight. */
  readonly minute: number;
  readonly isCaretOn: boolean;
  /** Row under the pointer; undefined for none. */
  readonly hoveredRow?: number;
  /** 0 to 7. */
  readonly spinnerPhase: number;
}

export const firstShot: PageShot = { minute: 641, isCaretOn: true, spinnerPhase: 0 };

/** What can differ between two pages of one application. */
export interface Page {
  readonly name: string;
  readonly nav: number;
  readonly rows: readonly (readonly string[])[];
  readonly field: string;
  readonly dialog?: string;
  readonly toast?: string;
  readonly scrollPx?: number;
}

export interface Application {
  readonly seed: number;
  readonly pages: readonly Page[];
}

export const pageWidth = 1024;
export const pageHeight = 640;
/** The button that steps of these pages click; nothing that changes by itself is near it. */
export const buttonRect: Rect = { x: 872, y: 76, width: 112, height: 32 };

type Colour = readonly [number, number, number];
const rowHeight = 32;
const tableTop = 128;

/** Uniform numbers from 0 (inclusive) to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

function letters(random: () => number, count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join('');
}

export function createApplication(seed: number): Application {
  const random = seededRandom(seed);
  const word = (): string => letters(random, 4 + Math.floor(random() * 7));
  const row = (): string[] => [word(), `${word()} ${word()}`, String(Math.floor(random() * 9000) + 1000)];
  const table = (count: number): string[][] => Array.from({ length: count }, row);
  const rows = table(12);
  const list: Page = { name: 'list', nav: 0, rows, field: '' };
  const pages: Page[] = [
    list,
    { ...list, name: 'one row more', rows: [...rows, row()] },
    { ...list, name: 'one row less', rows: rows.slice(0, -1) },
    { ...list, name: 'sorted the other way', rows: rows.toReversed() },
    { ...list, name: 'next page of the list', rows: table(12) },
    { ...list, name: 'another row', rows: rows.with(5, row()) },
    { ...list, name: 'a dialog', dialog: `${word()} ${word()}` },
    { ...list, name: 'another dialog', dialog: `${word()} ${word()} ${word()}` },
    { ...list, name: 'a message', toast: `${word()} ${word()}` },
    { ...list, name: 'a typed value', field: `${word()} ${word()}` },
    { ...list, name: 'scrolled', scrollPx: 20 },
    { name: 'another section', nav: 3, rows: table(7), field: '' },
    { name: 'an empty section', nav: 4, rows: [], field: '' },
  ];
  return { seed, pages };
}

export function drawPage(application: Application, page: Page, shot: PageShot): Picture {
  const random = seededRandom(application.seed * 7919);
  const accent: Colour = [40 + Math.floor(random() * 120), 60 + Math.floor(random() * 100), 150 + Math.floor(random() * 80)];
  const canvas = new Canvas(pageWidth, pageHeight, [250, 250, 252]);
  drawTable(canvas, page, shot);
  drawHeader(canvas, accent, shot);
  drawNav(canvas, accent, page, random);
  drawToolbar(canvas, accent, page, shot);
  if (page.toast !== undefined) {
    canvas.fill({ x: 640, y: 572, width: 360, height: 44 }, [32, 36, 44]);
    canvas.text(660, 586, page.toast, [255, 255, 255]);
  }
  if (page.dialog !== undefined) {
    canvas.fill({ x: 280, y: 200, width: 480, height: 220 }, [255, 255, 255]);
    canvas.fill({ x: 280, y: 200, width: 480, height: 3 }, accent);
    canvas.text(310, 230, page.dialog, [30, 30, 40]);
    canvas.fill({ x: 620, y: 360, width: 110, height: 34 }, accent);
  }
  return canvas.picture();
}

function drawHeader(canvas: Canvas, accent: Colour, shot: PageShot): void {
  canvas.fill({ x: 0, y: 0, width: pageWidth, height: 48 }, [255, 255, 255]);
  canvas.fill({ x: 0, y: 47, width: pageWidth, height: 1 }, [220, 224, 230]);
  canvas.fill({ x: 16, y: 12, width: 24, height: 24 }, accent);
  canvas.text(52, 17, 'workspace', [30, 34, 44]);
  const time = `${String(Math.floor(shot.minute / 60)).padStart(2, '0')}:${String(shot.minute % 60).padStart(2, '0')}`;
  canvas.text(944, 17, time, [90, 96, 110]);
  const dots = 8;
  for (let dot = 0; dot < dots; dot++) {
    const angle = (dot / dots) * 2 * Math.PI;
    const grey = Math.round(235 - (((dot - shot.spinnerPhase + dots) % dots) * 150) / dots);
    const [x, y] = [Math.round(870 + 10 * Math.cos(angle)), Math.round(22 + 10 * Math.sin(angle))];
    canvas.fill({ x, y, width: 4, height: 4 }, [grey, grey, grey]);
  }
}

function drawNav(canvas: Canvas, accent: Colour, page: Page, random: () => number): void {
  canvas.fill({ x: 0, y: 48, width: 200, height: pageHeight - 48 }, [243, 245, 248]);
  for (let item = 0; item < 6; item++) {
    const label = letters(random, 5 + Math.floor(random() * 6));
    const y = 72 + item * 40;
    if (item === page.nav) canvas.fill({ x: 8, y: y - 8, width: 184, height: 32 }, [221, 228, 250]);
    canvas.text(24, y, label, item === page.nav ? accent : [70, 76, 90]);
  }
}

function drawToolbar(canvas: Canvas, accent: Colour, page: Page, shot: PageShot): void {
  canvas.fill({ x: 200, y: 48, width: pageWidth - 200, height: 72 }, [250, 250, 252]);
  canvas.fill({ x: 224, y: 76, width: 320, height: 32 }, [190, 196, 206]);
  canvas.fill({ x: 225, y: 77, width: 318, height: 30 }, [255, 255, 255]);
  canvas.text(234, 85, page.field, [30, 34, 44]);
  if (shot.isCaretOn) canvas.fill({ x: 236 + page.field.length * 12, y: 82, width: 1, height: 20 }, [20, 20, 20]);
  canvas.fill(buttonRect, accent);
  canvas.text(buttonRect.x + 30, buttonRect.y + 9, 'save', [255, 255, 255]);
}

function drawTable(canvas: Canvas, page: Page, shot: PageShot): void {
  page.rows.forEach((row, index) => {
    const y = tableTop + index * rowHeight - (page.scrollPx ?? 0);
    if (index === shot.hoveredRow) canvas.fill({ x: 224, y, width: 760, height: rowHeight - 1 }, [236, 240, 250]);
    row.forEach((cell, column) => canvas.text(236 + column * 280, y + 9, cell, [40, 44, 54]));
    canvas.fill({ x: 224, y: y + rowHeight - 1, width: 760, height: 1 }, [226, 229, 235]);
  });
}

const glyphWidth = 5;
const glyphHeight = 7;
/** Pixels a dot. */
const scale = 2;

class Canvas {
  readonly #width: number;
  readonly #height: number;
  readonly #pixels: Buffer;

  constructor(width: number, height: number, background: Colour) {
    this.#width = width;
    this.#height = height;
    this.#pixels = Buffer.alloc(width * height * 3, Buffer.from(background));
  }

  fill({ x, y, width, height }: Rect, colour: Colour): void {
    const [left, right] = [Math.max(0, x), Math.min(this.#width, x + width)];
    if (right <= left) return;
    const row = Buffer.alloc((right - left) * 3, Buffer.from(colour));
    for (let at = Math.max(0, y); at < Math.min(this.#height, y + height); at++) row.copy(this.#pixels, (at * this.#width + left) * 3);
  }

  text(x: number, y: number, text: string, colour: Colour): void {
    Array.from(text).forEach((character, index) => {
      glyphBits(character).forEach((isSet, bit) => {
        if (!isSet) return;
        const left = x + (index * (glyphWidth + 1) + (bit % glyphWidth)) * scale;
        this.fill({ x: left, y: y + Math.floor(bit / glyphWidth) * scale, width: scale, height: scale }, colour);
      });
    });
  }

  picture(): Picture {
    return { width: this.#width, height: this.#height, pixels: this.#pixels };
  }
}

/** A letter of an invented alphabet: each character has its own dots. */
function glyphBits(character: string): readonly boolean[] {
  const random = seededRandom(Math.imul(character.codePointAt(0) ?? 0, 2_654_435_761));
  return Array.from({ length: glyphWidth * glyphHeight }, () => character !== ' ' && random() < 0.5);
}
