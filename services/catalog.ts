import { apicurioService } from './apicurio/apicurio-service.ts';
import { cassandraService } from './cassandra/cassandra-service.ts';
import { chdbHttpService } from './clickhouse/chdb-http-service.ts';
import { kafkaService } from './kafka/kafka-service.ts';
import { prometheusService } from './prometheus/prometheus-service.ts';
import type { Service } from './service.ts';
import { versitygwService } from './versitygw/versitygw-service.ts';

/** Every service, by the name that the command takes. */
export const services: readonly Service[] = [
  kafkaService,
  cassandraService,
  versitygwService,
  apicurioService,
  prometheusService,
  chdbHttpService,
];
