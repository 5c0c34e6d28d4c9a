import type { FuzzRandom } from './random.ts';

const texts = [
  '',
  ' ',
  '\0',
  'null',
  '../../etc/passwd',
  '%2e%2e%2f',
  '<script>',
  "' OR 1=1 --",
  '\ud800',
  '🙂'.repeat(50),
  'ü'.repeat(5_000),
  '__proto__',
  'constructor',
  '-1',
  '1e309',
] as const;
const numbers = [0, -0, -1, 1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 1e-308, 8.64e15, 8.64e15 + 1, Number.MAX_SAFE_INTEGER] as const;

/** A value that a careless reader stumbles over. */
export function hostileValue(random: FuzzRandom, depth = 0): unknown {
  switch (random.below(depth > 2 ? 4 : 8)) {
    case 0:
      return random.pick(texts);
    case 1:
      return random.pick(numbers);
    case 2:
      return random.pick([null, true, false]);
    case 3:
      return 'x'.repeat(random.below(2_000));
    case 4:
      return Array.from({ length: random.below(6) }, () => hostileValue(random, depth + 1));
    case 5:
      return nested(random.below(2_000));
    case 6:
      return JSON.parse(`{"__proto__":{"polluted":true},"constructor":{"prototype":{}},"length":${random.below(9)}}`);
    default:
      return { [random.pick(texts)]: hostileValue(random, depth + 1), seq: hostileValue(random, depth + 1) };
  }
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

/** A copy of the value with some of its parts replaced, dropped or doubled. */
export function mutate(random: FuzzRandom, value: unknown): unknown {
  if (random.chance(0.12)) return hostileValue(random);
  if (Array.isArray(value)) {
    const items = value.filter(() => !random.chance(0.1)).map((item) => mutate(random, item));
    return random.chance(0.1) ? [...items, ...items] : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(() => !random.chance(0.05));
  return Object.fromEntries(entries.map(([name, member]) => [random.chance(0.03) ? `${name}x` : name, mutate(random, member)]));
}
