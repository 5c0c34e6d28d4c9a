import { createImageTools } from '../../processors/adapters/images/image-tools.ts';
import { createMemoryKeyring } from '../../processors/ports/memory-keyring.ts';
import { createTopicSerdes } from '../../schemas/avro-serde.ts';
import { createMemoryRegistry } from '../../schemas/registry/memory-registry.ts';
import { createMemoryObjectStore } from '../../sinks/memory/memory-object-store.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { Topology } from '../../topology/builder/topology-builder-api.ts';
import { defineCommand } from '../command.ts';
import { guideTopology } from '../platform/guide-topology.ts';

const forms: Readonly<Record<string, (topology: Topology) => string>> = {
  describe: (topology) => topology.describeAs('text'),
  mermaid: (topology) => topology.describeAs('mermaid'),
  json: (topology) => JSON.stringify(topology.describe(), null, 2),
};

/** `stepwright topology`: the DAG as it is declared, without a data folder. */
export const topologyCommand = defineCommand({
  name: 'topology',
  about: 'Print the stream topology: describe (the default), mermaid or json.',
  usage: 'topology [describe|mermaid|json]',
  table: {},
  run: async (_values, positionals, context) => {
    const [form = 'describe', ...more] = positionals;
    const render = Object.hasOwn(forms, form) && more.length === 0 ? forms[form] : undefined;
    if (render === undefined) throw new StepwrightError('CONFIG_INVALID', `topology: name one of ${Object.keys(forms).join(', ')}`);
    const serdes = await createTopicSerdes(createMemoryRegistry());
    const objects = createMemoryObjectStore();
    const storage = { keyring: createMemoryKeyring(), objects, serdes, plainSerdes: serdes };
    context.stdout(`${render(guideTopology(storage, objects, createImageTools())).trimEnd()}\n`);
    return 0;
  },
});
