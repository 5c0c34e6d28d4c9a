import type { OptionValues } from '../../topology/base/options.ts';
import type { kafkaOptions } from '../options.ts';
import type { KafkaChoice } from './adapters.ts';

/** The brokers that the options name. */
export function kafkaChoiceOf(values: OptionValues<typeof kafkaOptions>): KafkaChoice {
  const { brokers, replicationFactor, sessionTimeoutMs, brokersMechanism: mechanism } = values;
  const { brokersTls: tls, brokersCa: tlsCa, brokersUser: user, brokersPassword: password } = values;
  return { brokers, replicationFactor, sessionTimeoutMs, tls, tlsCa, mechanism, user, password };
}
