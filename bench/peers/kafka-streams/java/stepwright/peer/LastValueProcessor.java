package stepwright.peer;

import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Keeps the last value of each key and forwards it, unless the value before it is the same. */
final class LastValueProcessor implements Processor<String, byte[], String, byte[]> {
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> values;

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        this.context = context;
        values = context.getStateStore(Topologies.STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        byte[] before = values.get(record.key());
        if (before != null && java.util.Arrays.equals(before, record.value())) return;
        values.put(record.key(), record.value());
        context.forward(record);
    }
}
