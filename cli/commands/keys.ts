import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyStore, type KeyStore } from '../../gateway/auth/key-store.ts';
import { roles } from '../../gateway/auth/principal.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import { booleanOption, oneOfOption, stringOption } from '../../topology/base/option-types.ts';
import type { OptionValues } from '../../topology/base/options.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { dataOptions } from '../options.ts';
import { keyFileName } from '../platform/folders.ts';
import { localTenant } from '../guide/embedded-run.ts';

const table = {
  data: dataOptions.data,
  tenant: stringOption({ default: localTenant, help: 'Tenant of the new key.' }),
  role: oneOfOption(roles, {
    default: 'agent',
    help: 'What the new key may do; each may do what the one before may, an agent only records.',
  }),
  operator: booleanOption({ default: false, help: 'Let the new key, when it is an admin, see the process: topics, topology, metrics.' }),
  label: stringOption({ default: '', help: 'Who the new key is for.' }),
  json: booleanOption({ default: false, help: 'One JSON document a key.' }),
};
type Values = OptionValues<typeof table>;

/** `stepwright keys`: API keys of a data folder. A running server sees the change with its next request. */
export const keysCommand = defineCommand({
  name: 'keys',
  about: 'Make, list and revoke the API keys of a data folder. The text of a key is shown once; its hash is kept.',
  usage: 'keys add|list|revoke KEYID [options]',
  table,
  run: async (values, [verb = 'list', ...rest], context) => {
    if (!existsSync(values.data)) throw new StepwrightError('CONFIG_INVALID', `--data: there is no folder ${values.data}`);
    const keys = await openKeyStore({ randomBytes, file: join(values.data, keyFileName) });
    const [keyId, ...more] = rest;
    if (verb === 'list' && keyId === undefined) return list(keys, values, context);
    if (verb === 'add' && keyId === undefined) return add(keys, values, context);
    if (verb === 'revoke' && keyId !== undefined && more.length === 0) return revoke(keys, keyId, context);
    throw new StepwrightError('CONFIG_INVALID', 'keys: say add, list, or revoke KEYID');
  },
});

async function add(keys: KeyStore, { tenant: tenantId, role, operator, label, json }: Values, { stdout }: CommandContext): Promise<number> {
  const { keyId, text } = await keys.add({ tenantId, role, operator, label, createdAtMs: createSystemClock().nowMs() });
  stdout(json ? `${JSON.stringify({ keyId, key: text, tenantId, role, operator, label })}\n` : `${text}\n`);
  return 0;
}

function list(keys: KeyStore, { json }: Values, { stdout }: CommandContext): number {
  for (const { secretSha256: _secretSha256, ...key } of keys.list()) {
    const { keyId, tenantId, role, operator, label, createdAtMs } = key;
    const made = new Date(createdAtMs).toISOString();
    stdout(json ? `${JSON.stringify(key)}\n` : `${keyId}  ${tenantId}  ${role}${operator ? ' operator' : ''}  ${made}  ${label}\n`);
  }
  return 0;
}

async function revoke(keys: KeyStore, keyId: string, { stdout, stderr }: CommandContext): Promise<number> {
  if (await keys.revoke(keyId)) {
    stdout(`${keyId} is revoked.\n`);
    return 0;
  }
  stderr(`stepwright: there is no key ${keyId}; stepwright keys list shows them\n`);
  return 1;
}
