import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { hasCode } from '../../topology/base/errors.ts';
import type { SchemaRegistry } from './schema-registry.ts';

/** A registry under test; `reopen` gives a second one on the same storage, as another process or a restart would. */
export interface RegistryUnderTest {
  readonly registry: SchemaRegistry;
  readonly reopen: () => SchemaRegistry;
  readonly dispose: () => void;
}

const record = (fields: string): string => `{"type":"record","name":"Thing","fields":[${fields}]}`;
const first = record('{"name":"a","type":"string"}');
const second = record('{"name":"a","type":"string"},{"name":"b","type":["null","int"],"default":null}');
const breaking = record('{"name":"a","type":"string"},{"name":"c","type":"int"}');

/** What every registry promises. */
export function testRegistryContract(name: string, create: () => RegistryUnderTest): void {
  const check = (sentence: string, run: (under: RegistryUnderTest) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => {
      const under = create();
      try {
        await run(under);
      } finally {
        under.dispose();
      }
    });
  };

  check('a schema keeps its id, for ever and for everybody', async ({ registry, reopen }) => {
    const id = await registry.register('things-value', first);
    assert.equal(await registry.register('things-value', first), id);
    const other = reopen();
    assert.equal(await other.register('things-value', first), id);
    assert.equal(await foundById(other, id), first);
  });

  check('what another process registers is found by id, without a restart', async ({ registry, reopen }) => {
    const other = reopen();
    const id = await registry.register('things-value', first);
    assert.equal(await foundById(other, id), first);
    assert.equal(await foundById(other, id + 99_999), undefined);
  });

  check('versions of a subject stand oldest first, apart from other subjects', async ({ registry }) => {
    await registry.register('others-value', first);
    const ids = [await registry.register('things-value', first), await registry.register('things-value', second)];
    assert.deepEqual(
      (await registry.versionsOf('things-value')).map((version) => version.id),
      ids,
    );
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(await registry.versionsOf('nothing-value'), []);
  });

  check('a schema that cannot read older data is refused with the field, and registers nothing', async ({ registry }) => {
    await registry.register('things-value', first);
    await registry.register('things-value', second);
    await assert.rejects(
      registry.register('things-value', breaking),
      (error) => hasCode(error, 'SCHEMA_INCOMPATIBLE') && /Thing\.c: added without a default/.test(error.message),
    );
    assert.equal((await registry.versionsOf('things-value')).length, 2);
  });

  check('text that is no schema is refused', async ({ registry }) => {
    for (const text of [
      '',
      'nonsense',
      '"string"',
      '{"type":"record","name":"R"}',
      record('{"name":"m","type":{"type":"map","values":"int"}}'),
    ]) {
      await assert.rejects(registry.register('things-value', text), (error) => hasCode(error, 'SCHEMA_INVALID'), text);
    }
  });
}

/** As tasks and sinks do: again, while the registry asks for it. */
async function foundById(registry: SchemaRegistry, id: number): Promise<string | undefined> {
  for (;;) {
    try {
      return registry.schemaById(id);
    } catch (error) {
      if (!hasCode(error, 'SCHEMA_REGISTRY_UNAVAILABLE')) throw error;
      await turn();
    }
  }
}
