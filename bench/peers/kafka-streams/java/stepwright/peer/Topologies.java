package stepwright.peer;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.SessionWindowedSerializer;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.Stores;

/** The counterparts of bench/engine's topologies, node by node. Stores are cached and changelogged. */
final class Topologies {
    static final String STORE = "bench-store";
    static final String SINK = "out";
    private static final String SOURCE = "events";
    private static final String NODE = "work";

    private Topologies() {}

    static Topology of(Order order) {
        Topology topology = new Topology();
        topology.addSource(SOURCE, new StringDeserializer(), new ByteArrayDeserializer(), order.text("input"));
        switch (order.text("topology")) {
            case "keyed-count" -> addCount(topology, order);
            case "keyed-last-value" -> addLastValue(topology, order);
            case "session-windows" -> addSessions(topology, order);
            default -> throw new IllegalArgumentException("there is no topology " + order.text("topology"));
        }
        return topology;
    }

    private static void addCount(Topology topology, Order order) {
        topology.addProcessor(NODE, CountProcessor::new, SOURCE);
        topology.addStateStore(
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.Integer())
                        .withCachingEnabled()
                        .withLoggingEnabled(Map.of()),
                NODE);
        topology.addSink(SINK, order.text("output"), Serdes.String().serializer(), Serdes.Integer().serializer(), NODE);
    }

    private static void addLastValue(Topology topology, Order order) {
        topology.addProcessor(NODE, LastValueProcessor::new, SOURCE);
        topology.addStateStore(
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray())
                        .withCachingEnabled()
                        .withLoggingEnabled(Map.of()),
                NODE);
        topology.addSink(
                SINK, order.text("output"), Serdes.String().serializer(), Serdes.ByteArray().serializer(), NODE);
    }

    private static void addSessions(Topology topology, Order order) {
        long gapMs = order.number("gap-ms");
        java.time.Duration retention = java.time.Duration.ofMillis(order.number("retention-ms"));
        topology.addProcessor(NODE, () -> new SessionProcessor(gapMs), SOURCE);
        topology.addStateStore(
                Stores.sessionStoreBuilder(
                                Stores.persistentSessionStore(STORE, retention), Serdes.String(), Serdes.Integer())
                        .withCachingEnabled()
                        .withLoggingEnabled(Map.of()),
                NODE);
        topology.addSink(
                SINK,
                order.text("output"),
                new SessionWindowedSerializer<>(Serdes.String().serializer()),
                Serdes.Integer().serializer(),
                new ByInnerKey(),
                NODE);
    }

    /** Sessions of a key stay on its partition, as the DSL has it. */
    private static final class ByInnerKey implements StreamPartitioner<Windowed<String>, Integer> {
        @Override
        public Optional<Set<Integer>> partitions(String topic, Windowed<String> key, Integer value, int count) {
            byte[] bytes = Serdes.String().serializer().serialize(topic, key.key());
            return Optional.of(Set.of(Utils.toPositive(Utils.murmur2(bytes)) % count));
        }
    }
}
