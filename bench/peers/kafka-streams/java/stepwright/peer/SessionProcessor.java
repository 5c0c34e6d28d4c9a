package stepwright.peer;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.SessionStore;

/** Counts records in sessions as KStreamSessionWindowAggregate does: sessions within the gap are merged, each merged one is forwarded as a tombstone, then the new one. */
final class SessionProcessor implements Processor<String, byte[], Windowed<String>, Integer> {
    private final long gapMs;
    private ProcessorContext<Windowed<String>, Integer> context;
    private SessionStore<String, Integer> sessions;

    SessionProcessor(long gapMs) {
        this.gapMs = gapMs;
    }

    @Override
    public void init(ProcessorContext<Windowed<String>, Integer> context) {
        this.context = context;
        sessions = context.getStateStore(Topologies.STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        long atMs = record.timestamp();
        long startMs = atMs;
        long endMs = atMs;
        int count = 1;
        List<Windowed<String>> merged = new ArrayList<>();
        try (KeyValueIterator<Windowed<String>, Integer> found =
                sessions.findSessions(record.key(), atMs - gapMs, atMs + gapMs)) {
            while (found.hasNext()) {
                KeyValue<Windowed<String>, Integer> session = found.next();
                merged.add(session.key);
                startMs = Math.min(startMs, session.key.window().start());
                endMs = Math.max(endMs, session.key.window().end());
                count += session.value;
            }
        }
        for (Windowed<String> session : merged) {
            sessions.remove(session);
            context.forward(record.withKey(session).withValue(null));
        }
        Windowed<String> whole = new Windowed<>(record.key(), new SessionWindow(startMs, endMs));
        sessions.put(whole, count);
        context.forward(record.withKey(whole).withValue(count));
    }
}
