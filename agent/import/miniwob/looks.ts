import { ancestorsOf, type DomNode } from './dom.ts';

const shapeWords: Readonly<Record<string, string>> = { circle: 'circle', ellipse: 'ellipse', rect: 'rectangle', polygon: 'shape' };

/** What a thing without words is called by its looks: `circle`, `yellow box`; empty when it looks like nothing in particular. */
export function lookOf(node: DomNode): string {
  const shape = shapeWords[node.tag];
  if (shape !== undefined) return shape;
  const own = colourOf(node.background);
  if (own === undefined) return '';
  for (const ancestor of ancestorsOf(node)) {
    const behind = colourOf(ancestor.background);
    if (behind !== undefined) return String(behind) === String(own) ? '' : `${colourWord(own)} box`;
  }
  return `${colourWord(own)} box`;
}

type Rgb = readonly [number, number, number];

/** Undefined when nothing is painted. */
function colourOf(background: string): Rgb | undefined {
  const parts = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(background);
  if (parts === null || parts[4] === '0') return undefined;
  return [Number(parts[1]), Number(parts[2]), Number(parts[3])];
}

/** Basic colours of CSS, by their channels. */
const cssWords: Readonly<Record<string, string>> = {
  '0,0,0': 'black',
  '255,255,255': 'white',
  '128,128,128': 'grey',
  '192,192,192': 'silver',
  '255,0,0': 'red',
  '128,0,0': 'maroon',
  '255,165,0': 'orange',
  '255,215,0': 'gold',
  '255,255,0': 'yellow',
  '128,128,0': 'olive',
  '0,255,0': 'lime',
  '0,128,0': 'green',
  '0,128,128': 'teal',
  '0,255,255': 'cyan',
  '0,0,255': 'blue',
  '0,0,128': 'navy',
  '128,0,128': 'purple',
  '255,0,255': 'magenta',
  '255,192,203': 'pink',
  '165,42,42': 'brown',
};

/** Each from this hue on, in degrees. */
const hueWords: readonly (readonly [number, string])[] = [
  [345, 'red'],
  [290, 'magenta'],
  [255, 'purple'],
  [190, 'blue'],
  [165, 'cyan'],
  [70, 'green'],
  [45, 'yellow'],
  [15, 'orange'],
  [0, 'red'],
];

function colourWord(rgb: Rgb): string {
  const known = cssWords[String(rgb)];
  if (known !== undefined) return known;
  const [most, least] = [Math.max(...rgb), Math.min(...rgb)];
  if (most - least < 24) return most < 48 ? 'black' : least > 230 ? 'white' : 'grey';
  const hue = hueOf(rgb, most, most - least);
  return hueWords.find(([from]) => hue >= from)?.[1] ?? 'red';
}

/** Degrees on the colour wheel. */
function hueOf([red, green, blue]: Rgb, most: number, spread: number): number {
  if (most === red) return (60 * ((green - blue) / spread) + 360) % 360;
  return most === green ? 60 * ((blue - red) / spread) + 120 : 60 * ((red - green) / spread) + 240;
}
