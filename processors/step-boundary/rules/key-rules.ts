import type { Key, Modifier, Target } from '../../../schemas/types/capture-event.ts';
import { elementKeyOf, isMultiLine, isNothing, isTextField } from '../element-kinds.ts';
import { holdMs, type EventMessage, type StepSeed } from '../new-step.ts';
import type { StepRun } from '../step-run.ts';
import type { TrackedStep } from '../step-state.ts';

/** Cut, copy, paste, select all, undo, redo: what they do shows in a field, or nowhere. */
const editingKeys: ReadonlySet<string> = new Set(['a', 'c', 'v', 'x', 'y', 'z']);
/** Moving the focus, the caret or the page. */
const movingKeys: ReadonlySet<string> = new Set(
  (
    'Tab Backspace ArrowUp ArrowDown ArrowLeft ArrowRight PageUp PageDown Home End Insert ' +
    'Shift Control Alt Meta AltGraph CapsLock NumLock ScrollLock ContextMenu Dead Process Unidentified'
  ).split(' '),
);

export function onKeyDown(run: StepRun, message: EventMessage): void {
  const { key, target, page } = message.event;
  if (key === undefined || target?.protected === true) return;
  const isChord = (key.modifiers ?? []).some((modifier) => modifier !== 'Shift');
  const isStep = isChord ? isCommand(key) : isPress(key.key, target);
  if (!isStep) return;
  const kind = isChord ? 'shortcut' : 'press';
  const seed = { kind, target, elementKey: elementKeyOf(target, page?.framePath), value: nameOfKeys(key) } as const;
  if (isHeldKey(run.state.last, seed, message.atMs)) run.extend(message);
  else run.begin(seed, message);
}

/** A key that repeats while it is held. */
function isHeldKey(last: TrackedStep | undefined, seed: StepSeed, atMs: number): boolean {
  if (last === undefined || last.state === 'removed' || atMs - last.lastAtMs > holdMs) return false;
  return last.kind === seed.kind && last.value === seed.value && last.elementKey === seed.elementKey;
}

function isCommand(key: Key): boolean {
  if (movingKeys.has(key.key) || key.key === 'Delete' || key.key === 'Enter') return key.key === 'Enter';
  const modifiers: readonly Modifier[] = key.modifiers ?? [];
  const isPlain = !modifiers.includes('Alt') && !modifiers.includes('Shift');
  // AltGr arrives as Control and Alt: it writes a character.
  const isWritten = modifiers.includes('Control') && modifiers.includes('Alt') && !/^[a-z0-9]$|^F\d+$/i.test(key.key);
  return !isWritten && !(isPlain && editingKeys.has(key.key.toLowerCase()));
}

function isPress(key: string, target: Target | undefined): boolean {
  if (movingKeys.has(key)) return false;
  if (key === 'Enter') return !isMultiLine(target);
  if (key === ' ') return !isTextField(target) && !isNothing(target);
  if (key === 'Delete') return !isTextField(target);
  return key.length > 1;
}

const shownNames: Readonly<Record<string, string>> = { ' ': 'Space', Control: 'Ctrl', Meta: 'Cmd' };

/** `Ctrl+Shift+K`. */
function nameOfKeys(key: Key): string {
  const name = key.key.length === 1 ? key.key.toUpperCase() : key.key;
  return [...(key.modifiers ?? []), name].map((part) => shownNames[part] ?? part).join('+');
}
