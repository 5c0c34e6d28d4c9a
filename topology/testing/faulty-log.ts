import type { GroupedSource, Log, PartitionReader, Producer, TransactionalSink } from '../log/log.ts';
import type { Faults } from './faults.ts';

/** `log` with the faults of a plan. What is not planned goes through unchanged, so a faulty log without a plan passes the contract suite. */
export function createFaultyLog(log: Log, faults: Faults): Log {
  return {
    createTopics: (topics) => log.createTopics(topics),
    describeTopics: (names) => log.describeTopics(names),
    deleteTopics: (names) => log.deleteTopics(names),
    deleteRecords: (at) => log.deleteRecords(at),
    openSource: async (options) => faultySource(await log.openSource(options), faults),
    openSink: async (options) => {
      await faults.pass('openSink');
      return faultySink(await log.openSink(options), faults);
    },
    openProducer: async () => faultyProducer(await log.openProducer(), faults),
    openReader: async (options) => faultyReader(await log.openReader(options), faults),
    offsets: async (partitions, isolation) => {
      await faults.pass('offsets');
      return log.offsets(partitions, isolation);
    },
    committed: async (groupId, partitions) => {
      await faults.pass('committed');
      return log.committed(groupId, partitions);
    },
    listGroups: () => log.listGroups(),
    describeGroup: (groupId) => log.describeGroup(groupId),
    sync: async () => {
      await faults.pass('sync');
      await log.sync();
    },
    close: () => log.close(),
  };
}

function faultySink(sink: TransactionalSink, faults: Faults): TransactionalSink {
  return {
    begin: () => sink.begin(),
    send: (records) => {
      void faults.pass('sink:send');
      sink.send(records);
    },
    commit: async (offsets, membership) => {
      await faults.pass('commit:before');
      await sink.commit(offsets, membership);
      await faults.pass('commit:after');
    },
    abort: async () => {
      await faults.pass('abort');
      await sink.abort();
    },
    close: () => sink.close(),
  };
}

function faultyProducer(producer: Producer, faults: Faults): Producer {
  return {
    send: async (records) => {
      await faults.pass('produce:before');
      const offsets = await producer.send(records);
      await faults.pass('produce:after');
      return offsets;
    },
    close: () => producer.close(),
  };
}

function faultySource(source: GroupedSource, faults: Faults): GroupedSource {
  return {
    poll: async (options) => {
      await faults.pass('source:poll');
      return source.poll(options);
    },
    pause: (partitions) => source.pause(partitions),
    resume: (partitions) => source.resume(partitions),
    seek: (position) => source.seek(position),
    assignment: () => source.assignment(),
    membership: () => source.membership(),
    commitOffsets: async (offsets) => {
      await faults.pass('source:commit');
      await source.commitOffsets(offsets);
    },
    requestRebalance: () => source.requestRebalance(),
    close: () => source.close(),
  };
}

function faultyReader(reader: PartitionReader, faults: Faults): PartitionReader {
  return {
    poll: async (options) => {
      await faults.pass('reader:poll');
      return reader.poll(options);
    },
    position: (partition) => reader.position(partition),
    close: () => reader.close(),
  };
}
