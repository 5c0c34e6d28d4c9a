import type * as port from '../../log.ts';

/** How a test's log on a shared broker differs from a log of its own. */
export interface PrefixedLogOptions {
  /** Put before the name of every topic, group and transactional id, so that tests do not meet. */
  readonly prefix: string;
  /** Awaited after each commit and abort: until then readers may not see yet what the coordinator has decided. */
  readonly settled: (transactionalId: string) => Promise<void>;
  /** The least time that a source's poll has: a rebalance takes some exchanges with the broker. */
  readonly leastPollMs: number;
}

const firstPollMs = 20_000;

/** `log` as if it were alone on its broker. */
export function createPrefixedLog(log: port.Log, options: PrefixedLogOptions): port.Log {
  const { prefix } = options;
  const outer = <T extends { readonly topic: string }>(at: T): T => ({ ...at, topic: `${prefix}${at.topic}` });
  const inner = <T extends { readonly topic: string }>(at: T): T => ({ ...at, topic: at.topic.slice(prefix.length) });
  return {
    createTopics: (topics) => log.createTopics(topics.map((topic) => ({ ...topic, name: `${prefix}${topic.name}` }))),
    describeTopics: async (names) => {
      const topics = await log.describeTopics(names.map((name) => `${prefix}${name}`));
      return topics.map((topic) => ({ ...topic, name: topic.name.slice(prefix.length) }));
    },
    deleteTopics: (names) => log.deleteTopics(names.map((name) => `${prefix}${name}`)),
    deleteRecords: (at) => log.deleteRecords(at.map(outer)),
    openSource: async (source) => prefixedSource(await log.openSource(prefixedOptions(source, prefix)), options),
    openSink: async (sink) => {
      const transactionalId = `${prefix}${sink.transactionalId}`;
      const opened = await log.openSink({ ...sink, transactionalId });
      return prefixedSink(opened, transactionalId, options);
    },
    openProducer: async () => {
      const producer = await log.openProducer();
      return { send: (records) => producer.send(records.map(outer)), close: () => producer.close() };
    },
    openReader: async (reader) => {
      const opened = await log.openReader({ ...reader, from: reader.from.map(outer) });
      return {
        poll: async (poll) => (await opened.poll(poll)).map(inner),
        position: (at) => opened.position(outer(at)),
        close: () => opened.close(),
      };
    },
    offsets: async (partitions, isolation) => (await log.offsets(partitions.map(outer), isolation)).map(inner),
    committed: async (groupId, partitions) => (await log.committed(`${prefix}${groupId}`, partitions.map(outer))).map(inner),
    listGroups: async () => {
      const groups = await log.listGroups();
      return groups.filter((group) => group.startsWith(prefix)).map((group) => group.slice(prefix.length));
    },
    describeGroup: async (groupId) => {
      const { state, members } = await log.describeGroup(`${prefix}${groupId}`);
      return { state, members: members.map((member) => ({ ...member, partitions: member.partitions.map(inner) })) };
    },
    sync: () => log.sync(),
    close: () => log.close(),
  };
}

function prefixedOptions(source: port.SourceOptions, prefix: string): port.SourceOptions {
  const inner = (at: port.TopicPartition): port.TopicPartition => ({ topic: at.topic.slice(prefix.length), partition: at.partition });
  const { assignor, onLost } = source;
  return {
    ...source,
    groupId: `${prefix}${source.groupId}`,
    topics: source.topics.map((topic) => `${prefix}${topic}`),
    onRevoked: (partitions) => source.onRevoked(partitions.map(inner)),
    onAssigned: (assignment) => source.onAssigned({ ...assignment, added: assignment.added.map(inner), all: assignment.all.map(inner) }),
    ...(onLost === undefined ? {} : { onLost: (partitions) => onLost(partitions.map(inner)) }),
    ...(assignor === undefined ? {} : { assignor: prefixedAssignor(assignor, prefix) }),
  };
}

function prefixedAssignor(assignor: port.Assignor, prefix: string): port.Assignor {
  const without = (topic: string): string => topic.slice(prefix.length);
  return (members, partitionCounts) => {
    const shares = assignor(
      members.map((member) => ({ ...member, topics: member.topics.map(without) })),
      new Map([...partitionCounts].map(([topic, count]) => [without(topic), count])),
    );
    return new Map(
      [...shares].map(([memberId, share]) => [
        memberId,
        { ...share, partitions: share.partitions.map((at) => ({ ...at, topic: `${prefix}${at.topic}` })) },
      ]),
    );
  };
}

function prefixedSource(source: port.GroupedSource, { prefix, leastPollMs }: PrefixedLogOptions): port.GroupedSource {
  const outer = <T extends { readonly topic: string }>(at: T): T => ({ ...at, topic: `${prefix}${at.topic}` });
  const inner = <T extends { readonly topic: string }>(at: T): T => ({ ...at, topic: at.topic.slice(prefix.length) });
  return {
    poll: async (poll) => {
      // The first rebalance ends the first poll, however long the broker takes for it.
      const patienceMs = source.membership().generation < 0 ? firstPollMs : leastPollMs;
      return (await source.poll({ ...poll, maxWaitMs: Math.max(patienceMs, poll.maxWaitMs) })).map(inner);
    },
    pause: (partitions) => source.pause(partitions.map(outer)),
    resume: (partitions) => source.resume(partitions.map(outer)),
    seek: (position) => source.seek(outer(position)),
    assignment: () => source.assignment().map(inner),
    membership: () => source.membership(),
    commitOffsets: (offsets) => source.commitOffsets(offsets.map(outer)),
    requestRebalance: () => source.requestRebalance(),
    close: () => source.close(),
  };
}

function prefixedSink(sink: port.TransactionalSink, transactionalId: string, options: PrefixedLogOptions): port.TransactionalSink {
  const outer = <T extends { readonly topic: string }>(at: T): T => ({ ...at, topic: `${options.prefix}${at.topic}` });
  return {
    begin: () => sink.begin(),
    send: (records) => sink.send(records.map(outer)),
    commit: async (offsets, membership) => {
      await sink.commit(offsets.map(outer), membership);
      await options.settled(transactionalId);
    },
    abort: async () => {
      await sink.abort();
      await options.settled(transactionalId);
    },
    close: async () => {
      await sink.close();
      await options.settled(transactionalId);
    },
  };
}
