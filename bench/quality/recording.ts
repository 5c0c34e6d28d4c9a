import { gunzipSync } from 'node:zlib';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A node of the recorded DOM tree. Tags are upper case; inputs carry their type (`INPUT_checkbox`); `t` is a bare text node. */
export interface DomNode {
  readonly tag: string;
  readonly text: string;
  readonly id: string;
  readonly classes: string;
  readonly value: string | boolean | undefined;
  readonly children: readonly DomNode[];
}

/** All the scorer knows of a recording: what the person was asked, and the page at the end. Never what the person did. */
export interface AskedRecording {
  /** File name without its endings. */
  readonly id: string;
  /** The part of the id before the first `_`; groups the table, decides nothing. */
  readonly family: string;
  readonly utterance: string;
  readonly finalDom: DomNode;
}

export const recordingSuffix = '.json.gz';

/** Recordings of a folder, by name. @throws when the folder or a file cannot be read. */
export function readRecordings(folder: string): readonly AskedRecording[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(recordingSuffix));
  return names.toSorted().map((name) => readRecording(folder, name));
}

export function readRecording(folder: string, fileName: string): AskedRecording {
  const id = fileName.slice(0, -recordingSuffix.length);
  const parsed: unknown = JSON.parse(gunzipSync(readFileSync(join(folder, fileName))).toString('utf8'));
  const states = field(parsed, 'states');
  const last: unknown = Array.isArray(states) ? states.at(-1) : undefined;
  return {
    id,
    family: id.split('_')[0] ?? id,
    utterance: text(field(parsed, 'utterance')),
    finalDom: toNode(field(last, 'dom')),
  };
}

/** Reads one DOM node, with what is missing or of another type left empty. */
function toNode(raw: unknown): DomNode {
  const children = field(raw, 'children');
  const value = field(raw, 'value');
  return {
    tag: text(field(raw, 'tag')),
    text: text(field(raw, 'text')),
    id: text(field(raw, 'id')),
    classes: text(field(raw, 'classes')),
    value: typeof value === 'string' || typeof value === 'boolean' ? value : undefined,
    children: Array.isArray(children) ? children.map(toNode) : [],
  };
}

function field(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null ? Reflect.get(raw, name) : undefined;
}

function text(raw: unknown): string {
  return typeof raw === 'string' ? raw : '';
}
