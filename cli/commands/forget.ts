import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSystemClock } from '../../topology/base/clock.ts';
import { hasCode, StepwrightError } from '../../topology/base/errors.ts';
import { booleanOption, stringOption } from '../../topology/base/option-types.ts';
import { createPinoLogger } from '../../topology/base/pino-logger.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { Findings, type PlaceFindings } from '../forget/findings.ts';
import { proveForgotten, type ProofOptions } from '../forget/prove-forgotten.ts';
import { dataOptions } from '../options.ts';
import { forgetSession } from '../platform/forget.ts';
import { forgettingTargets } from '../platform/sinks.ts';
import { openStorage, type Storage } from '../platform/storage.ts';
import { localTenant } from '../guide/embedded-run.ts';

const table = {
  ...dataOptions,
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
  about: 'Delete a recording and all that was made of it, then search the whole data folder for anything readable that is left.',
  usage: 'forget SESSION [options]',
  table,
  run: async ({ data, tenant: tenantId, logLevel, json }, positionals, context) => {
    const [sessionId, ...more] = positionals;
    if (sessionId === undefined || more.length > 0) {
      throw new StepwrightError('CONFIG_INVALID', 'forget: name one session: stepwright forget SESSION');
    }
    if (!existsSync(join(data, 'log'))) throw new StepwrightError('CONFIG_INVALID', `--data: ${data} is not a data folder of Stepwright`);
    const options = { dataFolder: data, tenantId, sessionId, clock: createSystemClock(), logger: createPinoLogger({ level: logLevel }) };
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

/** `undefined` when the folder never had the session. */
async function forget(options: ProofOptions, findings: Findings): Promise<Report['deleted'] | undefined> {
  const { tenantId, sessionId } = options;
  const storage = await openAlone(options);
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

async function openAlone({ dataFolder, sessionId, clock, logger }: ProofOptions): Promise<Storage> {
  const hasAnalytics = existsSync(join(dataFolder, 'analytics'));
  try {
    const storage = await openStorage({ dataFolder, partitionCount: 1, logSync: 'always', analytics: hasAnalytics, clock, logger });
    if (!hasAnalytics || storage.analytics.target !== undefined) return storage;
    await storage.close();
  } catch (error) {
    if (!hasCode(error, 'LOG_LOCKED')) throw error;
    throw new StepwrightError(
      'LOG_LOCKED',
      `A server has ${dataFolder} open. Ask it: curl -X DELETE -H "Authorization: Bearer TOKEN" http://127.0.0.1:4280/v1/sessions/${sessionId}; ` +
        'or stop it, and run this again, which also searches the folder.',
      { cause: error },
    );
  }
  throw new StepwrightError(
    'ANALYTICS_OFF',
    `${dataFolder} has analytics, and the optional package chdb is not installed: its rows cannot be deleted. Install it, or delete ${join(dataFolder, 'analytics')}: it is filled again from the topics.`,
  );
}

function print(report: Report, json: boolean, { stdout }: CommandContext): void {
  if (json) {
    stdout(`${JSON.stringify(report)}\n`);
    return;
  }
  const deleted = Object.entries(report.deleted).map(([name, count]) => `${count} ${name}`);
  stdout(`Deleted ${report.tenantId}/${report.sessionId}: ${deleted.join(', ')}.\n\nA search of the whole folder afterwards:\n`);
  const rows = report.places.map(({ place, unreadableCount, idCount, readableCount }) => [place, unreadableCount, idCount, readableCount]);
  const lines = [['place', 'unreadable', 'ids only', 'readable'], ...rows];
  const width = Math.max(...lines.map(([place]) => String(place).length));
  for (const [place, ...counts] of lines) {
    stdout(`  ${String(place).padEnd(width)}${counts.map((count) => String(count).padStart(12)).join('')}\n`);
  }
  stdout(report.readableCount === 0 ? '\nNothing of it can be read.\n' : `\n${report.readableCount} can still be read.\n`);
}
