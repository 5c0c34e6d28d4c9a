import { test } from 'node:test';
import { testLogContract } from '../log-contract.ts';
import { findTestBroker } from './test-support/test-broker.ts';
import { kafkaUnderTest } from './test-support/kafka-under-test.ts';

const broker = await findTestBroker(process.env['STEPWRIGHT_TEST_KAFKA']);

if ('skipReason' in broker) {
  test('the log contract on Kafka', { skip: broker.skipReason }, () => {});
} else {
  testLogContract('kafka log', (t) => kafkaUnderTest(t, broker.address));
  // Every record is on the broker before its transaction ends, so that aborts leave something to be filtered out.
  testLogContract('kafka log that sends ahead', (t) => kafkaUnderTest(t, broker.address, { sendAheadBytes: 0 }));
  // As on clusters whose feature transaction.version is not raised yet.
  testLogContract('kafka log without KIP-890', (t) => kafkaUnderTest(t, broker.address, { transactionVersion: 1 }));
}
