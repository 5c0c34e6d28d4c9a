import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { createMemoryObjectStore } from '../../sinks/memory/memory-object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { booleanOption, stringOption } from '../../topology/base/option-types.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import type { Log } from '../../topology/log/log.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { dataOptions, logOptions } from '../options.ts';
import { withLog } from '../platform/command-log.ts';
import { groupLag } from '../platform/group-lag.ts';
import { viewGroup } from '../platform/group-tasks.ts';
import { guideTopology } from '../platform/guide-topology.ts';
import { jsonSafe } from '../platform/json-safe.ts';
import { brokersRule, credentialsRule } from '../platform/role-rules.ts';
import { printTable } from '../table.ts';

const table = {
  ...dataOptions,
  ...logOptions,
  group: stringOption({ default: undefined, help: 'Group whose lag is shown; that of the topology when not given.' }),
  json: booleanOption({ default: false, help: 'Tasks and lag as one JSON document.' }),
};
type Values = OptionValues<typeof table>;

const whenLocked = 'its /topology page and GET /v1/operator/topology show tasks and lag.';

const forms: Readonly<Record<string, (topology: Topology) => string>> = {
  describe: (topology) => topology.describeAs('text'),
  mermaid: (topology) => topology.describeAs('mermaid'),
  json: (topology) => JSON.stringify(topology.describe(), null, 2),
};
const looks: Readonly<Record<string, (log: Log, topology: Topology, values: Values, context: CommandContext) => Promise<void>>> = {
  tasks: showTasks,
  lag: showLag,
};

/** `stepwright topology`: the DAG as it is declared, without a data folder; who has its tasks and how far they are, from the log alone. */
export const topologyCommand = defineCommand({
  name: 'topology',
  about: 'Print the stream topology (describe, mermaid, json), the members and tasks of its group, or its lag; no process need be alive.',
  usage: 'topology [describe|mermaid|json|tasks|lag] [--log kafka --brokers HOST:PORT,…] [options]',
  table,
  rules: [brokersRule, credentialsRule],
  run: async (values, positionals, context) => {
    const [form = 'describe', ...more] = positionals;
    const render = Object.hasOwn(forms, form) ? forms[form] : undefined;
    const look = Object.hasOwn(looks, form) ? looks[form] : undefined;
    if (more.length > 0 || (render === undefined && look === undefined))
      throw new StepwrightError('CONFIG_INVALID', `topology: name one of ${[...Object.keys(forms), ...Object.keys(looks)].join(', ')}`);
    const topology = await declaredTopology();
    if (render !== undefined) context.stdout(`${render(topology).trimEnd()}\n`);
    if (look !== undefined) await withLog(values, whenLocked, (log) => look(log, topology, values, context));
    return 0;
  },
});

async function declaredTopology(): Promise<Topology> {
  const serdes = await createTopicSerdes(createMemoryRegistry());
  const objects = createMemoryObjectStore();
  const storage = { keyring: createMemoryKeyring(), objects, serdes, plainSerdes: serdes };
  return guideTopology(storage, objects, createImageTools());
}

async function showTasks(log: Log, topology: Topology, { json }: Values, { stdout }: CommandContext): Promise<void> {
  const { state, members, tasks } = await viewGroup(log, topology);
  if (json) {
    stdout(`${JSON.stringify({ group: topology.applicationName, state, members, tasks })}\n`);
    return;
  }
  stdout(`Group ${topology.applicationName} is ${state}, with ${members.length} members.\n\n`);
  stdout(
    printTable(
      ['member', 'host', 'active', 'standby'],
      members.map((one) => [one.memberId, one.host, one.activeCount, one.standbyCount]),
    ),
  );
  stdout('\n');
  const rows = tasks.map(({ taskId, role, memberId, lagCount }) => [taskId, role, memberId ?? 'nobody', role === 'active' ? lagCount : '']);
  stdout(printTable(['task', 'role', 'member', 'lag'], rows));
}

async function showLag(log: Log, topology: Topology, { json, group }: Values, { stdout }: CommandContext): Promise<void> {
  const groupId = group ?? topology.applicationName;
  const lags = await groupLag(
    log,
    groupId,
    topology.subTopologies.flatMap(({ sourceTopics }) => sourceTopics),
  );
  const totalCount = lags.reduce((sum, { lagCount }) => sum + lagCount, 0);
  if (json) {
    stdout(`${JSON.stringify({ group: groupId, totalCount, partitions: jsonSafe(lags) })}\n`);
    return;
  }
  const rows = lags.map((one) => [one.topic, one.partition, String(one.committedOffset ?? 'never'), String(one.endOffset), one.lagCount]);
  stdout(printTable(['topic', 'partition', 'committed', 'end', 'lag'], rows));
  stdout(`\n${groupId} is ${totalCount} offsets behind.\n`);
}
