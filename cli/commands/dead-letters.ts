import { join } from 'node:path';
import { createFileKeyring } from '../../processors/adapters/file-keyring/file-keyring.ts';
import type { Keyring } from '../../processors/ports/keyring.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { booleanOption, integerOption } from '../../topology/base/option-types.ts';
import type { Log } from '../../topology/log/log.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { dataOptions, logOptions } from '../options.ts';
import { withLog } from '../platform/command-log.ts';
import { readDeadLetters, retryDeadLetter, type StoredDeadLetter } from '../platform/dead-letters.ts';
import { brokersRule, credentialsRule } from '../platform/role-rules.ts';

const table = {
  ...dataOptions,
  ...logOptions,
  limit: integerOption({ default: 50, min: 1, max: 100_000, help: 'How many letters are listed, the newest first.' }),
  json: booleanOption({ default: false, help: 'One JSON document a letter.' }),
};

/** `stepwright dead-letters`: what could not be processed. A letter names its source record; the record itself stays where it is. */
export const deadLettersCommand = defineCommand({
  name: 'dead-letters',
  about: 'List and show the records that could not be processed, and append one again once its cause is gone.',
  usage: 'dead-letters list|show NUMBER|retry NUMBER [options]',
  table,
  rules: [brokersRule, credentialsRule],
  run: async (values, [verb = 'list', wanted, ...more], context) => {
    const isKnown = verb === 'list' ? wanted === undefined : (verb === 'show' || verb === 'retry') && /^\d+$/.test(wanted ?? '');
    if (!isKnown || more.length > 0) throw new StepwrightError('CONFIG_INVALID', 'dead-letters: say list, show NUMBER or retry NUMBER');
    const { data, limit, json } = values;
    return withLog(values, whenLocked, async (log) => {
      if (verb === 'list') return list(await readDeadLetters(log, limit), json, context);
      const letter = (await readDeadLetters(log, Number.MAX_SAFE_INTEGER)).find(({ letterOffset }) => String(letterOffset) === wanted);
      if (letter === undefined) {
        context.stderr(`stepwright: there is no dead letter ${wanted}; stepwright dead-letters list shows them\n`);
        return 1;
      }
      return verb === 'show' ? show(letter, json, context) : retry(log, keyringOf(data), letter, context);
    });
  },
});

const whenLocked = 'GET /v1/operator/dead-letters of that server lists them; to retry one, stop it first.';

function list(letters: readonly StoredDeadLetter[], json: boolean, { stdout }: CommandContext): number {
  if (letters.length === 0 && !json) stdout('No dead letters.\n');
  for (const letter of letters) {
    const { letterOffset, topic, partition, offset, node, code, atMs } = letter;
    const at = new Date(atMs).toISOString();
    stdout(json ? document(letter) : `${letterOffset}  ${at}  ${code}  ${topic}/${partition}@${offset}  ${node}\n`);
  }
  return 0;
}

function show(letter: StoredDeadLetter, json: boolean, { stdout }: CommandContext): number {
  if (json) {
    stdout(document(letter));
    return 0;
  }
  const { letterOffset, topic, partition, offset, node, taskId, code, message, atMs, tenantId } = letter;
  const rows = [
    ['letter', String(letterOffset)],
    ['at', new Date(atMs).toISOString()],
    ['source', `${topic}, partition ${partition}, offset ${offset}`],
    ...(tenantId === undefined ? [] : [['tenant', tenantId]]),
    ['node', node],
    ['task', taskId],
    ['code', code],
    ['message', message],
  ];
  for (const [name = '', value = ''] of rows) stdout(`${name.padEnd(8)} ${value}\n`);
  return 0;
}

function keyringOf(data: string): Keyring {
  return createFileKeyring({ directory: join(data, 'keys'), clock: createSystemClock() });
}

async function retry(log: Log, keyring: Keyring, letter: StoredDeadLetter, { stdout, stderr }: CommandContext): Promise<number> {
  const { topic, partition, offset } = letter;
  const again = await retryDeadLetter(log, letter, keyring);
  if (again === 'gone') {
    stderr(`stepwright: the record ${topic}/${partition}@${offset} belongs to a session that was deleted: nobody can read it\n`);
    return 1;
  }
  if (again === undefined) {
    stderr(
      `stepwright: the record ${topic}/${partition}@${offset} is not in the log any more: its time was up, or it was compacted away\n`,
    );
    return 1;
  }
  stdout(
    `Appended ${topic}/${partition}@${offset} again as ${topic}/${partition}@${again}; it is processed again, at the latest at the next start.\n`,
  );
  return 0;
}

function document({ letterOffset, ...letter }: StoredDeadLetter): string {
  return `${JSON.stringify({ letter: Number(letterOffset), ...letter })}\n`;
}
