import { existsSync } from 'node:fs';
import { createSystemClock } from '../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import { booleanOption, stringOption } from '../../topology/base/option-types.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import { createPinoLogger } from '../../topology/base/pino-logger.ts';
import { adapterRules, adaptersOf, storeOptions } from '../adapter-options.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { Findings, type PlaceFindings } from '../forget/findings.ts';
import { proveForgotten, type ProofOptions } from '../forget/prove-forgotten.ts';
import { dataOptions, logOptions, placeOptions, roleOptions } from '../options.ts';
import { openLog } from '../platform/adapters.ts';
import { foldersOf } from '../platform/folders.ts';
import { forgetSession } from '../platform/forget.ts';
import { forgettingTargets } from '../platform/sinks.ts';
import { openWhole, type Storage } from '../platform/storage.ts';
import { localTenant } from '../guide/embedded-run.ts';

const captureTopic = 'capture.events.v1';

const table = {
  ...dataOptions,
  state: roleOptions.state,
  ...logOptions,
  ...placeOptions,
  ...storeOptions,
  tenant: stringOption({ default: localTenant, help: 'Tenant that the recording belongs to.' }),
  json: booleanOption({ default: false, help: 'The report as one JSON document.' }),
};

/** What was deleted, and what a search of the whole folder found afterwards. */
interface Report {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly deleted: Readonly<Record<string, number>>;
  readonly places: readonly PlaceFindings[];
  readonly readableCount: number;
}

/** `stepwright forget SESSION`: deletes a recording everywhere, then looks through everything for what is left of it. */
export const forgetCommand = defineCommand({
  name: 'forget',
  about: 'Delete a recording and all that was made of it, then search log, views, objects and stores for anything readable that is left.',
  usage: 'forget SESSION [--log kafka --brokers HOST:PORT,…] [options]',
  table,
  rules: adapterRules,
  run: async (values, positionals, context) => {
    const [sessionId, ...more] = positionals;
    if (sessionId === undefined || more.length > 0) {
      throw new StepwrightError('CONFIG_INVALID', 'forget: name one session: stepwright forget SESSION');
    }
    const { tenant: tenantId, data, json } = values;
    const options = proofOptionsOf(values, sessionId);
    await requireDeployment(options, data);
    const findings = new Findings();
    const deleted = await forget(options, findings);
    if (deleted === undefined) {
      context.stderr(`stepwright: there is no session ${sessionId} of tenant ${tenantId} in ${data}\n`);
      return 1;
    }
    await proveForgotten(options, findings);
    const report = { tenantId, sessionId, deleted, places: findings.places(), readableCount: findings.readableCount() };
    print(report, json, context);
    return report.readableCount === 0 ? 0 : 1;
  },
});

function proofOptionsOf(values: OptionValues<typeof table>, sessionId: string): ProofOptions {
  const { data, state, tenant: tenantId, logLevel } = values;
  const folders = foldersOf(data, state);
  const analytics = values.clickhouse === undefined ? (existsSync(folders.analytics) ? 'chdb' : 'off') : 'clickhouse';
  const adapters = adaptersOf({ ...values, logSync: 'always', analytics });
  return { adapters, folders, tenantId, sessionId, clock: createSystemClock(), logger: createPinoLogger({ level: logLevel }) };
}

/** Opening makes what is missing: a wrong address or folder would leave topics and folders behind. */
async function requireDeployment({ adapters, folders, ...environment }: ProofOptions, data: string): Promise<void> {
  if (!existsSync(adapters.log === 'embedded' ? folders.log : folders.keys))
    throw new StepwrightError('CONFIG_INVALID', `--data: ${data} is not a data folder of Stepwright`);
  if (adapters.log === 'embedded') return;
  const log = await openLog(adapters, { ...environment, folders });
  try {
    if ((await log.describeTopics([captureTopic])).length > 0) return;
  } finally {
    await log.close();
  }
  throw new StepwrightError('CONFIG_INVALID', `--brokers: there is no topic ${captureTopic}: nothing was ever recorded there`);
}

/** `undefined` when the deployment never had the session. */
async function forget(options: ProofOptions, findings: Findings): Promise<Report['deleted'] | undefined> {
  const { tenantId, sessionId } = options;
  const storage = await openAll(options);
  try {
    if (storage.keyring.peek(`${tenantId}/${sessionId}`) === undefined) return undefined;
    const { deleted } = await forgetSession(storage, forgettingTargets(storage), [tenantId, sessionId]);
    const rows = await storage.analytics.target?.leftovers(tenantId, sessionId);
    for (const [name, count] of rows ?? []) {
      findings.looked(`analytics ${name}`);
      if (count > 0) findings.add(`analytics ${name}`, 'readable', count);
    }
    return deleted;
  } finally {
    await storage.close();
  }
}

async function openAll(options: ProofOptions): Promise<Storage> {
  const { adapters, folders, sessionId } = options;
  try {
    const storage = await openWhole({ ...options, partitionCount: 1 });
    if (adapters.analytics === 'off' || storage.analytics.target !== undefined) return storage;
    await storage.close();
  } catch (error) {
    if (!hasCode(error, 'LOG_LOCKED')) throw error;
    throw new StepwrightError(
      'LOG_LOCKED',
      `A server has ${folders.log} open. Ask it: curl -X DELETE -H "Authorization: Bearer TOKEN" http://127.0.0.1:4280/v1/sessions/${sessionId}; ` +
        'or stop it, and run this again, which also searches the folder.',
      { cause: error },
    );
  }
  throw new StepwrightError(
    'ANALYTICS_OFF',
    `There are analytics in ${folders.analytics}, and the optional package chdb is not installed: its rows cannot be deleted. Install it, or delete that folder: it is filled again from the topics.`,
  );
}

function print(report: Report, json: boolean, { stdout }: CommandContext): void {
  if (json) {
    stdout(`${JSON.stringify(report)}\n`);
    return;
  }
  const deleted = Object.entries(report.deleted).map(([name, count]) => `${count} ${name}`);
  stdout(`Deleted ${report.tenantId}/${report.sessionId}: ${deleted.join(', ')}.\n\nA search of everything afterwards:\n`);
  const rows = report.places.map(({ place, unreadableCount, idCount, readableCount }) => [place, unreadableCount, idCount, readableCount]);
  const lines = [['place', 'unreadable', 'ids only', 'readable'], ...rows];
  const width = Math.max(...lines.map(([place]) => String(place).length));
  for (const [place, ...counts] of lines) {
    stdout(`  ${String(place).padEnd(width)}${counts.map((count) => String(count).padStart(12)).join('')}\n`);
  }
  stdout(report.readableCount === 0 ? '\nNothing of it can be read.\n' : `\n${report.readableCount} can still be read.\n`);
}
