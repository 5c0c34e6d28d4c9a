import { parsed, refused, type Parsed } from '../import-result.ts';
import { isObject } from '../json-text.ts';
import { readDom, type Dom } from './dom.ts';

/** One state of a recording: what happened, and the page as it was then. */
export interface RawState {
  readonly timeMs: number;
  readonly action: RawAction | undefined;
  readonly dom: Dom;
}

export interface RawAction {
  readonly type: string;
  /** 1 before the page handled the event, 3 after. */
  readonly timing: number;
  readonly x: number | undefined;
  readonly y: number | undefined;
  readonly keyCode: number | undefined;
}

/** @throws never; a fault names `states[index].field`. */
export function readState(raw: unknown, index: number): Parsed<RawState> {
  const field = `states[${index}]`;
  if (!isObject(raw)) return refused('must be an object', { field });
  const timeMs = raw['time'];
  if (typeof timeMs !== 'number' || !Number.isFinite(timeMs))
    return refused('must be a number of milliseconds', { field: `${field}.time` });
  const action = readAction(raw['action'], `${field}.action`);
  if (!action.ok) return action;
  const dom = readDom(raw['dom']);
  if (dom === undefined) return refused('must be an object', { field: `${field}.dom` });
  return parsed({ timeMs, action: action.value, dom });
}

function readAction(raw: unknown, field: string): Parsed<RawAction | undefined> {
  if (raw === null || raw === undefined) return parsed(undefined);
  if (!isObject(raw)) return refused('must be an object or null', { field });
  const { type, timing } = raw;
  if (typeof type !== 'string') return refused('must be a string', { field: `${field}.type` });
  if (typeof timing !== 'number') return refused('must be a number', { field: `${field}.timing` });
  return parsed({ type, timing, x: numberOf(raw['x']), y: numberOf(raw['y']), keyCode: numberOf(raw['keyCode']) });
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
