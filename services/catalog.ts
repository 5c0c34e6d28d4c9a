import { cassandraService } from './cassandra/cassandra-service.ts';
import { kafkaService } from './kafka/kafka-service.ts';
import type { Service } from './service.ts';

/** Every service, by the name that the command takes. */
export const services: readonly Service[] = [cassandraService, kafkaService];
