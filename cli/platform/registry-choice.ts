import type { OptionValues } from '../../topology/base/options.ts';
import type { registryOptions } from '../registry-options.ts';

export interface RegistryChoice {
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

type RegistryValues = OptionValues<typeof registryOptions>;

/** Undefined for the folder. */
export function registryChoiceOf({
  registry: url,
  registryUser: user,
  registryPassword: password,
}: RegistryValues): RegistryChoice | undefined {
  return url === undefined ? undefined : { url, user, password };
}

export function registryRule(values: RegistryValues): { readonly option: keyof RegistryValues; readonly problem: string } | undefined {
  const { registry, registryUser: user, registryPassword: password } = values;
  if (registry === undefined) {
    return user === undefined && password === undefined ? undefined : { option: 'registryUser', problem: 'belongs to --registry' };
  }
  const url = URL.canParse(registry) ? new URL(registry) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return { option: 'registry', problem: 'must be an address like http://127.0.0.1:8081' };
  // A password in an address ends up in messages and process lists.
  if (url.username !== '' || url.password !== '') return { option: 'registry', problem: 'must not hold a user: say --registry-user' };
  if ((user === undefined) === (password === undefined)) return undefined;
  return { option: 'registryPassword', problem: user === undefined ? 'belongs to --registry-user' : 'is needed with --registry-user' };
}
