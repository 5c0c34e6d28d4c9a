import { hostname } from 'node:os';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import { defineCommand, refuseNames, type CommandContext } from '../command.ts';
import { localTenant } from '../guide/embedded-run.ts';
import { analyticsOptions, dataOptions, engineOptions, httpOptions, logOptions, memoryOptions, roleOptions } from '../options.ts';
import { storeOptions, adapterRules, adaptersOf } from '../adapter-options.ts';
import { lakeOf, lakeOptions } from '../lake-options.ts';
import { limitHeapGrowth } from '../platform/heap-growth.ts';
import { restoreReporter } from '../platform/restore-report.ts';
import { startRoleProcess, type RoleProcess, type RoleProcessOptions } from '../platform/role-process.ts';
import {
  advertisedHostRule,
  embeddedLogRule,
  embeddedViewsRule,
  lakeRule,
  originRule,
  publicUrlRule,
  roleNamesRule,
  threadsRule,
} from '../platform/role-rules.ts';
import { isRole } from '../platform/roles.ts';
import { stayUp } from '../start/stay-up.ts';
import { stopWithin } from '../start/stop-within.ts';
import { packageVersion } from '../version.ts';

const table = {
  ...roleOptions,
  ...dataOptions,
  ...logOptions,
  ...httpOptions,
  ...engineOptions,
  ...memoryOptions,
  ...analyticsOptions,
  ...storeOptions,
  ...lakeOptions,
};
type Values = OptionValues<typeof table>;

const defaultAdminPort = 4281;

/** `stepwright run`: the roles of one process, until it is told to stop. */
export const runCommand = defineCommand({
  name: 'run',
  about: 'Run some or all roles of the platform in this process: alone on a folder, or several processes on Kafka.',
  usage: 'run [--roles gateway,processors,sinks] [--log kafka --brokers HOST:PORT,…] [options]',
  table,
  rules: [
    roleNamesRule,
    embeddedLogRule,
    threadsRule,
    advertisedHostRule,
    embeddedViewsRule,
    lakeRule,
    ...adapterRules,
    originRule,
    publicUrlRule,
  ],
  run: async (values, positionals, context) => {
    refuseNames('run', positionals);
    limitHeapGrowth(values.heapGrowthPercent);
    const process = await startRoleProcess({ ...optionsOf(values), onRestore: restoreReporter(context.stderr) });
    greet(process, values, context);
    const end = await stayUp({ stopped: context.stopped, isHealthy: () => process.health.isHealthy(), nowMs: () => performance.now() });
    if (end === 'failing')
      context.stderr(`stepwright: this process has been failing for a minute: ${process.failures.at(-1) ?? 'see the log'} (TASK_FAILED)\n`);
    const { stopWithinMs } = values;
    if (await stopWithin(process.close(), stopWithinMs)) return end === 'failing' ? 1 : 0;
    const message = `not everything had ended ${stopWithinMs} ms after the signal; what was not committed is done again by the next owner`;
    throw new StepwrightError('TASK_FAILED', message);
  },
});

function optionsOf(values: Values): RoleProcessOptions {
  const { host, port, publicUrl, allowOrigins, adminHost, spoolBytes } = values;
  const wanted = values.roles.filter(isRole);
  const adminPort = values.adminPort ?? (wanted.includes('gateway') ? undefined : defaultAdminPort);
  return {
    ...values,
    roles: wanted,
    advertisedHost: advertisedHostOf(values, adminPort),
    adapters: { ...adaptersOf(values), ...lakeOf(values) },
    gateway: { host, port, publicUrl, allowOrigins, version: packageVersion(), isShared: values.log !== 'embedded', spoolBytes },
    admin: adminPort === undefined ? undefined : { host: adminHost, port: adminPort },
  };
}

/** `host:port`, as the engine wants it: the port where this process can be asked, else any that tells it from others of the machine. */
function advertisedHostOf({ advertisedHost }: Pick<Values, 'advertisedHost'>, adminPort: number | undefined): string {
  if (advertisedHost === undefined) return `${hostname()}:${process.pid}`;
  return advertisedHost.includes(':') ? advertisedHost : `${advertisedHost}:${adminPort ?? process.pid}`;
}

function greet({ url, adminUrl, tokens, keyCount }: RoleProcess, values: Values, { stdout }: CommandContext): void {
  stdout(`Stepwright is running: ${values.roles.join(', ')} on ${values.log === 'kafka' ? values.brokers.join(',') : values.data}.\n`);
  if (url !== undefined) stdout(`  gateway  ${url}\n`);
  if (adminUrl !== undefined) stdout(`  admin    ${adminUrl}\n`);
  if (url === undefined || keyCount > 0) return;
  const token = tokens.mint({ tenantId: localTenant, role: 'admin', operator: true });
  stdout(
    `  library  ${url}/?token=${token}\n  There are no API keys yet: this token ends with the process; stepwright keys add makes one that stays.\n`,
  );
}
