/** Runs the disturbed upload with `root/data` on the small file system that the parent has mounted there, and prints what came of it. */
import { fileURLToPath } from 'node:url';
import { readDemoRecording } from '../../cli/start/demo-recording.ts';
import { runFullDisk } from './full-disk.ts';

const mebibyte = 1 << 20;
const recording = readDemoRecording(fileURLToPath(new URL('../../../cli/demo/recording', import.meta.url)));
const [, , root = '', keysFolder = ''] = process.argv;
const plan = [
  { atAckedSeq: 30, freeBytes: 32 * mebibyte },
  { atAckedSeq: 70, freeBytes: 0 },
  { atAckedSeq: recording.events.length, freeBytes: 0 },
];
const result = await runFullDisk({ root, keysFolder, recording, plan });
process.stdout.write(`${JSON.stringify(result)}\n`);
