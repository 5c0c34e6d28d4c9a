import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventParser } from '../../schemas/validate-event.ts';
import { batchOf, markerOf } from './event-mix.ts';

test('every event of a fleet is one of the contract, and every second batch can be told by its click', () => {
  const parser = createEventParser();
  const markers = new Set<string>();
  for (let number = 0; number < 200; number += 1) {
    const { events, marker } = batchOf(number, 1_000);
    for (const [index, event] of events.entries()) assert.ok(parser.parse({ seq: index + 1, ...event }).ok, `batch ${number}`);
    if (marker !== undefined) markers.add(marker);
  }
  assert.equal(markers.size, 100);
  assert.match(markerOf(12_345), /^Part [a-z]+$/);
});
