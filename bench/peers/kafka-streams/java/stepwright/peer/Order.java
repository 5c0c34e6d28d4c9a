package stepwright.peer;

import java.util.HashMap;
import java.util.Map;

/** What one run is told on its command line, as pairs of {@code --name value}. */
final class Order {
    private final Map<String, String> values = new HashMap<>();

    Order(String[] args) {
        for (int at = 0; at + 1 < args.length; at += 2) values.put(args[at].substring(2), args[at + 1]);
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) throw new IllegalArgumentException("--" + name + " is missing");
        return value;
    }

    long number(String name) {
        return Long.parseLong(text(name));
    }
}
