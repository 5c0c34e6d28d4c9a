import type { Key, Modifier } from '../../schemas/types/capture-event.ts';

/** Modifiers held, in alphabetical order. */
export function modifiersOf(event: { altKey: boolean; ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): Modifier[] {
  const held: readonly (readonly [boolean, Modifier])[] = [
    [event.altKey, 'Alt'],
    [event.ctrlKey, 'Control'],
    [event.metaKey, 'Meta'],
    [event.shiftKey, 'Shift'],
  ];
  return held.filter(([isHeld]) => isHeld).map(([, modifier]) => modifier);
}

/**
 * The keys worth a record: those that act by themselves and shortcuts. Text keys, bare modifiers, arrows inside a text, dead keys, and
 * everything while an input method composes are not.
 */
export function recordedKey(event: KeyboardEvent, inTextField: boolean): Key | undefined {
  if (event.isComposing || event.repeat || bareModifiers.has(event.key)) return undefined;
  const modifiers = modifiersOf(event);
  const isShortcut =
    modifiers.some((modifier) => modifier === 'Control' || modifier === 'Meta' || modifier === 'Alt') &&
    !event.getModifierState('AltGraph');
  if (isShortcut) return { key: event.key, modifiers };
  if (actingKeys.has(event.key) || /^F\d{1,2}$/.test(event.key))
    return modifiers.length === 0 ? { key: event.key } : { key: event.key, modifiers };
  const isNavigationKey = !inTextField && navigationKeys.has(event.key);
  return isNavigationKey ? { key: event.key } : undefined;
}

const bareModifiers: ReadonlySet<string> = new Set([
  'Alt',
  'AltGraph',
  'Control',
  'Meta',
  'Shift',
  'CapsLock',
  'Dead',
  'Process',
  'Unidentified',
]);
const actingKeys: ReadonlySet<string> = new Set(['Enter', 'Escape', 'Tab']);
const navigationKeys: ReadonlySet<string> = new Set([
  ' ',
  'Delete',
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'PageUp',
  'PageDown',
  'Home',
  'End',
]);
