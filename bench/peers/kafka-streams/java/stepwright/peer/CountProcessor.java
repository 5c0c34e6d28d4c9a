package stepwright.peer;

import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Counts the records of each key and forwards every new count. */
final class CountProcessor implements Processor<String, byte[], String, Integer> {
    private ProcessorContext<String, Integer> context;
    private KeyValueStore<String, Integer> counts;

    @Override
    public void init(ProcessorContext<String, Integer> context) {
        this.context = context;
        counts = context.getStateStore(Topologies.STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        Integer before = counts.get(record.key());
        int count = before == null ? 1 : before + 1;
        counts.put(record.key(), count);
        context.forward(record.withValue(count));
    }
}
