import { stringOption } from '../topology/base/option-types.ts';

/** Where schemas are registered. */
export const registryOptions = {
  registry: stringOption({
    default: undefined,
    help: "Address of a schema registry with Confluent's API, path included; a folder under --data when not given.",
  }),
  registryUser: stringOption({ default: undefined, help: 'Name at the registry (HTTP basic).' }),
  registryPassword: stringOption({
    default: undefined,
    secret: true,
    help: 'Password of --registry-user; better in the environment than in a flag.',
  }),
};
