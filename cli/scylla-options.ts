import { consistencyNames } from '../sinks/scylla/scylla-options.ts';
import { booleanOption, integerOption, listOption, oneOfOption, stringOption } from '../topology/base/option-types.ts';

const maxKeepDays = 7_300;

/** With `--views scylla`. */
export const scyllaOptions = {
  scyllaContactPoints: listOption({
    default: [],
    help: 'host:port of some ScyllaDB or Cassandra nodes, with --views scylla; the others are found through them.',
  }),
  scyllaLocalDc: stringOption({
    default: 'datacenter1',
    help: 'Data centre whose nodes are asked, and whose majority counts; nodetool status shows it.',
  }),
  scyllaKeyspace: stringOption({ default: 'stepwright', help: 'Keyspace of the views.' }),
  scyllaReplicationFactor: integerOption({
    default: undefined,
    min: 1,
    max: 100,
    help: 'Makes the keyspace when it is missing, with so many copies in the local data centre; when not given, a missing keyspace is refused.',
  }),
  scyllaConsistency: oneOfOption(consistencyNames, {
    default: 'local-quorum',
    help: 'How many copies must have a write and answer a read. With less than a majority a page may miss what a sink has just written.',
  }),
  scyllaMaxInFlight: integerOption({ default: 128, min: 1, max: 2_048, help: 'Requests to the nodes under way at once, of one process.' }),
  scyllaKeepDays: integerOption({
    default: 0,
    min: 0,
    max: maxKeepDays,
    unit: 'days',
    help: 'A session that has not changed for this long leaves the views; 0 keeps it. Its documents stay in the object store.',
  }),
  scyllaKeepDaysOf: listOption({ default: [], help: 'tenant=days, for tenants with another --scylla-keep-days.' }),
  scyllaTls: booleanOption({ default: false, help: 'Speak TLS with the nodes.' }),
  scyllaCa: stringOption({
    default: undefined,
    help: "PEM file of the authority that signed the nodes' certificates; the system's when not given.",
  }),
  scyllaUser: stringOption({ default: undefined, help: 'Name at the nodes.' }),
  scyllaPassword: stringOption({
    default: undefined,
    secret: true,
    help: 'Password of --scylla-user; better in the environment than in a flag.',
  }),
};
