import { join } from 'node:path';
import { createFileKeyring } from '../../processors/adapters/file-keyring/file-keyring.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createFileRegistry } from '../../schemas/registry/file-registry.ts';
import { openFolderObjectStore } from '../../sinks/s3/folder/folder-object-store.ts';
import { quarantineScope, sealedObjects } from '../../sinks/s3/sealed-objects.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { openEmbeddedLog } from '../../topology/log/embedded/embedded-log.ts';
import { disguisesOf, keysInJson, runsIn } from './canary.ts';
import { magentaPixels } from './magenta.ts';
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
  const clock = createSystemClock();
  const keyring = createFileKeyring({ directory: join(dataFolder, 'keys'), clock });
  const log = await openEmbeddedLog({ directory: join(dataFolder, 'log'), clock });
  const chunks = (await createTopicSerdes(createFileRegistry(join(dataFolder, 'schemas'))))['capture.events.v1'];
  const inRecords = new Set<string>();
  let [openedCount, protectedKeyCount, protectedValueCount, keys] = [0, 0, 0, ''];
  const look = ({ place, bytes }: OpenedRecord): void => {
    openedCount += 1;
    for (const { name, bytes: wanted } of disguises) if (bytes.includes(wanted)) inRecords.add(`${place}: ${name}`);
    const typed = keysInJson(bytes.toString('latin1'));
    if (runsIn(typed, canary) > 0) inRecords.add(`${place}: keys`);
  };
  for await (const record of openedRecords(log, keyring)) {
    look(record);
    if (record.place !== 'capture.events.v1') continue;
    for (const { target, key, input } of chunks.deserialize(record.bytes, record.key).events) {
      keys += key?.key ?? '';
      if (target?.protected === true && key !== undefined) protectedKeyCount += 1;
      if (target?.protected === true && input?.text !== undefined) protectedValueCount += 1;
    }
  }
  await log.close();
  for await (const row of openedRows(join(dataFolder, 'state'), keyring)) look(row);
  for await (const row of openedViews(dataFolder, keyring)) look(row);
  const pictures = await examineObjects(dataFolder, look);
  const keyRunCount = runsIn(keys, canary);
  const counts = { fileCount, fileBytes, controlCount, openedCount, protectedKeyCount, protectedValueCount, keyRunCount };
  return { ...counts, inFiles, inRecords: [...inRecords], ...pictures };
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
    if (kind === 'quarantine' && (await magentaPixels(body)) > 0) originalsWithField += 1;
    if (kind !== 'images' || key.endsWith('.json')) continue;
    derivativeCount += 1;
    const left = await magentaPixels(body);
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
