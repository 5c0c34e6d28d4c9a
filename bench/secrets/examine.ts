import { join } from 'node:path';
import { createFileKeyring } from '../../processors/adapters/file-keyring/file-keyring.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createFileRegistry } from '../../schemas/registry/file-registry.ts';
import type { CaptureEvent } from '../../schemas/types/capture-event.ts';
import { openFolderObjectStore } from '../../sinks/s3/folder/folder-object-store.ts';
import { quarantineScope, sealedObjects } from '../../sinks/s3/sealed-objects.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { disguisesOf, keysInJson, runsIn } from './canary.ts';
import { fieldPixels } from './field-colour.ts';
import { openedRecords, openedRows, openedViews, type OpenedRecord } from './open-records.ts';
import { scanFiles, type FileFinding } from './scan-files.ts';

export interface Examination {
  /** Every file below the root: data, logs of every life, temporary files. */
  readonly fileCount: number;
  readonly fileBytes: number;
  readonly inFiles: readonly FileFinding[];
  /** Files that hold the session's id: says that the search sees plain bytes. */
  readonly controlCount: number;
  readonly openedCount: number;
  /** Places of opened records, rows and documents that hold a disguise. */
  readonly inRecords: readonly string[];
  /** Key events of protected fields, and runs of four characters of the canary in what single keys were recorded. */
  readonly protectedKeyCount: number;
  readonly keyRunCount: number;
  readonly protectedValueCount: number;
  /** Originals, sealed in quarantine, that show a protected field; and what is left of that in derivatives. */
  readonly originalsWithField: number;
  readonly derivativeCount: number;
  readonly derivativesWithField: readonly string[];
}

/** Looks through a folder that no process has open, first as a stranger (bytes), then as somebody who has every key. */
export async function examine(root: string, canary: string, control: string): Promise<Examination> {
  const disguises = disguisesOf(canary);
  const { fileCount, bytes: fileBytes, findings: inFiles } = scanFiles(root, disguises);
  const controlCount = scanFiles(root, [{ name: 'control', bytes: Buffer.from(control) }]).findings.length;
  const dataFolder = join(root, 'data');
  const keyring = createFileKeyring({ directory: join(dataFolder, 'keys'), clock: createSystemClock() });
  const found = createFound(canary);
  const events = await examineLog(dataFolder, keyring, found);
  for await (const row of openedRows(join(dataFolder, 'state'), keyring)) found.look(row);
  for await (const row of openedViews(dataFolder, keyring)) found.look(row);
  const pictures = await examineObjects(dataFolder, found.look);
  const keyRunCount = runsIn(events.keys, canary);
  const { protectedKeyCount, protectedValueCount } = events;
  const counts = { fileCount, fileBytes, controlCount, openedCount: found.count(), protectedKeyCount, protectedValueCount, keyRunCount };
  return { ...counts, inFiles, inRecords: found.places(), ...pictures };
}

interface Found {
  readonly look: (record: OpenedRecord) => void;
  readonly count: () => number;
  readonly places: () => readonly string[];
}

function createFound(canary: string): Found {
  const disguises = disguisesOf(canary);
  const places = new Set<string>();
  let count = 0;
  return {
    look: ({ place, bytes }) => {
      count += 1;
      for (const { name, bytes: wanted } of disguises) if (bytes.includes(wanted)) places.add(`${place}: ${name}`);
      if (runsIn(keysInJson(bytes.toString('latin1')), canary) > 0) places.add(`${place}: keys`);
    },
    count: () => count,
    places: () => [...places],
  };
}

interface FoundEvents {
  readonly keys: string;
  readonly protectedKeyCount: number;
  readonly protectedValueCount: number;
}

async function examineLog(dataFolder: string, keyring: Keyring, { look }: Found): Promise<FoundEvents> {
  const log = await openEmbeddedLog({ directory: join(dataFolder, 'log'), clock: createSystemClock() });
  const serdes = await createTopicSerdes(createFileRegistry(join(dataFolder, 'schemas')));
  const events: CaptureEvent[] = [];
  for await (const record of openedRecords(log, keyring)) {
    look(record);
    if (record.place === 'capture.events.v1') events.push(...serdes[record.place].deserialize(record.bytes, record.key).events);
  }
  await log.close();
  const ofProtected = events.filter(({ target }) => target?.protected === true);
  return {
    keys: events.map(({ key }) => key?.key ?? '').join(''),
    protectedKeyCount: ofProtected.filter(({ key }) => key !== undefined).length,
    protectedValueCount: ofProtected.filter(({ input }) => input?.text !== undefined).length,
  };
}

type Pictures = Pick<Examination, 'originalsWithField' | 'derivativeCount' | 'derivativesWithField'>;

async function examineObjects(dataFolder: string, look: (record: OpenedRecord) => void): Promise<Pictures> {
  const clock = createSystemClock();
  const objects = await openFolderObjectStore({ folder: join(dataFolder, 'objects'), clock, logger: silentLogger });
  const originals = sealedObjects(objects, createFileKeyring({ directory: join(dataFolder, 'keys'), clock }), quarantineScope);
  let [originalsWithField, derivativeCount] = [0, 0];
  const derivativesWithField: string[] = [];
  for await (const { key } of objects.list('')) {
    const [kind] = key.split('/');
    const body = await (kind === 'quarantine' ? originals : objects).get(key);
    if (body === undefined) continue;
    look({ place: `object ${kind ?? ''}`, key: Buffer.from(key), bytes: body });
    if (kind === 'quarantine' && (await fieldPixels(body)) > 0) originalsWithField += 1;
    if (kind !== 'images' || key.endsWith('.json')) continue;
    derivativeCount += 1;
    const left = await fieldPixels(body);
    if (left > 0) derivativesWithField.push(`${key}: ${left} pixels`);
  }
  return { originalsWithField, derivativeCount, derivativesWithField };
}

/** What must not be, in words; empty when all is well. */
export function problemsOf(found: Examination): readonly string[] {
  return [
    ...found.inFiles.map(({ file, disguise }) => `${file} holds the canary as ${disguise}`),
    ...found.inRecords.map((place) => `an opened record holds the canary: ${place}`),
    ...found.derivativesWithField.map((picture) => `a protected field shows in ${picture}`),
    ...(found.protectedKeyCount > 0 ? [`${found.protectedKeyCount} key events of protected fields`] : []),
    ...(found.protectedValueCount > 0 ? [`${found.protectedValueCount} values of protected fields`] : []),
    ...(found.keyRunCount > 0 ? [`${found.keyRunCount} runs of the canary in recorded keys`] : []),
    ...(found.controlCount === 0 ? ['the search found nothing at all: it does not see plain bytes'] : []),
    ...(found.originalsWithField === 0 ? ['no original shows a protected field: the pictures prove nothing'] : []),
  ];
}
