import type { Modifier } from '../../../schemas/types/capture-event.ts';

/** `KeyboardEvent.key` of legacy key codes, for the keys that an agent reports without a modifier. */
const namedKeys: Readonly<Record<number, string>> = {
  9: 'Tab',
  13: 'Enter',
  27: 'Escape',
};
const modifierKeys: Readonly<Record<number, Modifier>> = { 16: 'Shift', 17: 'Control', 18: 'Alt', 91: 'Meta', 93: 'Meta', 224: 'Meta' };

export function modifierOf(keyCode: number): Modifier | undefined {
  return modifierKeys[keyCode];
}

/** The key an agent would report, or undefined for one it would not: text belongs to `input`, and shift alone makes text. */
export function reportedKey(keyCode: number, modifiers: ReadonlySet<Modifier>): string | undefined {
  const named = namedKeys[keyCode];
  if (named !== undefined) return named;
  const isChord = modifiers.has('Control') || modifiers.has('Alt') || modifiers.has('Meta');
  if (!isChord) return undefined;
  const isPrintable = (keyCode >= 48 && keyCode <= 57) || (keyCode >= 65 && keyCode <= 90);
  return isPrintable ? String.fromCharCode(keyCode).toLowerCase() : undefined;
}
