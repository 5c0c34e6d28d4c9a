package stepwright.peer;

import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * The scenarios of bench/peers on Kafka Streams: one thread, RocksDB state, the settings that the order names and Kafka Streams' defaults for the rest. Says on standard output
 * when it restores ("restore-start", "restore-end COUNT"); runs until it is killed.
 */
public final class Peer {
    private Peer() {}

    public static void main(String[] args) throws InterruptedException {
        Order order = new Order(args);
        KafkaStreams streams = new KafkaStreams(Topologies.of(order), settings(order));
        streams.setGlobalStateRestoreListener(new Announcer());
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        new CountDownLatch(1).await();
    }

    private static Properties settings(Order order) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, order.text("application"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, order.text("broker"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, order.text("directory"));
        boolean isExactlyOnce = order.text("guarantee").equals("exactly_once");
        settings.put(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                isExactlyOnce ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, order.number("commit-interval-ms"));
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, order.number("cache-bytes"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        // A restart takes its place at once instead of waiting until the killed member's session has ended.
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), "bench");
        return settings;
    }

    private static final class Announcer implements StateRestoreListener {
        @Override
        public void onRestoreStart(TopicPartition partition, String store, long from, long to) {
            say("restore-start");
        }

        @Override
        public void onBatchRestored(TopicPartition partition, String store, long end, long count) {}

        @Override
        public void onRestoreEnd(TopicPartition partition, String store, long count) {
            say("restore-end " + count);
        }

        private static void say(String line) {
            System.out.println(line);
            System.out.flush();
        }
    }
}
