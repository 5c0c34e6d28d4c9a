import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringSerde } from '../../schemas/serdes.ts';
import { createMemoryBackendFactory } from '../../state/memory/memory-backend.ts';
import { stringKey } from '../../state/keys/key-serdes.ts';
import type { ProcessorContext, StreamRecord } from '../builder/processor.ts';
import { createTopologyBuilder } from '../builder/topology-builder.ts';
import { createMemoryLog } from '../log/memory/memory-log.ts';
import { createTopologyTestDriver } from '../testing/topology-test-driver.ts';

type Context = ProcessorContext<string, string>;

interface TimerTopologyOptions {
  readonly hasTimerKey?: boolean;
  readonly onTimer?: (context: Context, name: string, dueAtMs: number) => void;
}

/** A value is a list of commands: `set x 100`, `cancel x`, `get x`, joined by commas. Everything that happens is forwarded. */
function timerTopology({ hasTimerKey = true, onTimer }: TimerTopologyOptions = {}) {
  const builder = createTopologyBuilder('timers');
  const commands = builder.source('commands', { topic: 'commands', key: stringSerde, value: stringSerde });
  const told = builder.processor('timer', {
    from: commands,
    ...(hasTimerKey && { timerKey: stringKey }),
    create: (context: Context) => ({
      process: ({ key, value, timestampMs }: StreamRecord<string, string>) => {
        for (const command of value.split(',').filter((text) => text !== '')) run(context, command, { key, value, timestampMs });
        context.forward({ key, value: `at ${timestampMs}`, timestampMs });
      },
      onTimer: ({ key, name, dueAtMs }) => {
        context.forward({ key, value: `${name} due ${dueAtMs}`, timestampMs: dueAtMs });
        onTimer?.(context, name, dueAtMs);
      },
    }),
  });
  builder.sink('told', { from: told, topic: 'told', key: stringSerde, value: stringSerde });
  return builder.build();
}

function run(context: Context, command: string, record: StreamRecord<string, string>): void {
  const [verb, name = '', dueAtMs] = command.split(' ');
  if (verb === 'set') context.timers.set(name, Number(dueAtMs));
  else if (verb === 'cancel') context.timers.cancel(name);
  else context.forward({ ...record, value: `${name} is ${context.timers.get(name)}` });
}

async function play(records: readonly (readonly [key: string, timestampMs: number, commands?: string])[], topology = timerTopology()) {
  const driver = await createTopologyTestDriver({ topology });
  const input = driver.input('commands', stringSerde, stringSerde);
  await input.pipeAll(records.map(([key, timestampMs, value = '']) => ({ key, value, timestampMs })));
  const told = await driver.output('told', stringSerde, stringSerde).read();
  await driver.close();
  return told.map(({ key, value }) => `${key}: ${value}`);
}

test('T2 due timers fire before the next record of their key, ordered by (time, name)', async () => {
  assert.deepEqual(
    await play([
      ['k', 0, 'set b 100,set c 50,set a 100,set d 300'],
      ['k', 200],
    ]),
    ['k: at 0', 'k: c due 50', 'k: a due 100', 'k: b due 100', 'k: at 200'],
  );
});

test("T2 another key's time fires nothing", async () => {
  assert.deepEqual(
    await play([
      ['k', 0, 'set a 100'],
      ['other', 10_000],
      ['k', 99],
    ]),
    ['k: at 0', 'other: at 10000', 'k: at 99'],
  );
});

test('T2 a timer for exactly the time of the record fires before it', async () => {
  assert.deepEqual(
    await play([
      ['k', 0, 'set a 100'],
      ['k', 100],
    ]),
    ['k: at 0', 'k: a due 100', 'k: at 100'],
  );
});

test('T2 a timer set for a time the key has passed fires before the next record, even an older one', async () => {
  assert.deepEqual(
    await play([
      ['k', 1_000, 'set a 500'],
      ['k', 200],
    ]),
    ['k: at 1000', 'k: a due 500', 'k: at 200'],
  );
});

test('a timer is moved by setting it again, and gone after cancel', async () => {
  assert.deepEqual(
    await play([
      ['k', 0, 'set a 100,set a 500,get a,set b 100,cancel b,get b'],
      ['k', 200],
      ['k', 500],
    ]),
    ['k: a is 500', 'k: b is undefined', 'k: at 0', 'k: at 200', 'k: a due 500', 'k: at 500'],
  );
});

test('a timer set inside onTimer fires in the same pass when it is due', async () => {
  const topology = timerTopology({
    onTimer: (context, name, dueAtMs) => {
      if (dueAtMs < 300) context.timers.set(name, dueAtMs + 100);
    },
  });
  assert.deepEqual(
    await play(
      [
        ['k', 0, 'set a 100'],
        ['k', 250],
        ['k', 1_000],
      ],
      topology,
    ),
    ['k: at 0', 'k: a due 100', 'k: a due 200', 'k: at 250', 'k: a due 300', 'k: at 1000'],
  );
});

test('a processor that keeps setting timers for the past fails instead of running for ever', async () => {
  const topology = timerTopology({ onTimer: (context, name, dueAtMs) => context.timers.set(name, dueAtMs) });
  await assert.rejects(
    play(
      [
        ['k', 0, 'set a 1'],
        ['k', 2],
      ],
      topology,
    ),
    { code: 'PROCESSING_FAILED' },
  );
});

test('timers without a declared timerKey say what to declare', async () => {
  await assert.rejects(play([['k', 0, 'set a 1']], timerTopology({ hasTimerKey: false })), {
    code: 'TOPOLOGY_INVALID',
    message: /declare timerKey/,
  });
});

test('K3 timers survive a killed process', async () => {
  const log = createMemoryLog();
  const backend = createMemoryBackendFactory();
  const first = await createTopologyTestDriver({ topology: timerTopology(), log, backend });
  await first.input('commands', stringSerde, stringSerde).pipe('k', 'set a 100', 0);
  await first.kill();
  const second = await createTopologyTestDriver({ topology: timerTopology(), log, backend });
  await second.input('commands', stringSerde, stringSerde).pipe('k', '', 150);
  const told = await second.output('told', stringSerde, stringSerde).read();
  assert.deepEqual(
    told.map(({ value }) => value),
    ['a due 100', 'at 150'],
  );
  await second.close();
});

test('a node without timers has no timer store and no changelog', () => {
  assert.deepEqual(timerTopology({ hasTimerKey: false }).describe().subTopologies[0]?.changelogs ?? ['?'], []);
});
