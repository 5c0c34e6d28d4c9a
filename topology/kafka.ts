/** The Kafka log, exported as `stepwright/topology/kafka`: apart from the engine, so that only who uses it loads a Kafka client. */
export { createKafkaLog } from './log/kafka/kafka-log.ts';
export type { KafkaLogOptions } from './log/kafka/kafka-options.ts';
