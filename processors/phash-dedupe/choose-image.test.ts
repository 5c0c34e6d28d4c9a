import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Screenshot } from '../../schemas/types/capture-event.ts';
import type { SessionInfo, StepDraft } from '../model.ts';
import { bytesPerTile, packTiles, tileGrid } from '../ports/tile-signature.ts';
import { chooseImage, type Choice, type Question } from './choose-image.ts';
import { emptyDedupeSession, maxKept, type DedupeSession } from './dedupe-state.ts';
import { hashDistance } from './hash-distance.ts';
import { sameTiles } from './same-tiles.ts';

const width = 320;
const height = 160;
const grid = tileGrid(width, height);
const policy = { policyId: 'p', version: 1, redact: ['e-mail'], mode: 'mask' as const, idleAfterMs: 1, maxEvents: 1, modelTitles: false };
const session: SessionInfo = { tenantId: 't', sessionId: 's', openedAtMs: 0, policy };

/** Flat tiles, and some changed: `[column, row, steps]`. */
function tiles(...changes: readonly (readonly [column: number, row: number, steps: number])[]): Buffer {
  const flat = new Uint8Array(grid.columns * grid.rows * bytesPerTile).fill(20);
  for (const [column, row, steps] of changes) {
    const first = (row * grid.columns + column) * bytesPerTile;
    for (let at = first; at < first + 16; at++) flat[at] = 20 + steps * (at % 2 === 0 ? 1 : -1);
  }
  return packTiles(flat);
}

interface Ask {
  readonly stepId: string;
  readonly picture?: string;
  readonly tiles?: Buffer;
  readonly hash?: string;
  readonly shot?: Partial<Screenshot>;
  readonly step?: Partial<StepDraft>;
  readonly info?: SessionInfo;
}

function question({ stepId, picture = stepId, tiles: packed = tiles(), hash = '0'.repeat(64), shot, step, info = session }: Ask): Question {
  const taken: Screenshot = {
    ofSeq: 1,
    phase: 'before',
    sha256: `sha-${picture}`,
    sizeBytes: 1,
    mediaType: 'image/png',
    width,
    height,
    scale: 1,
    masks: [],
    ...shot,
  };
  const draft: StepDraft = {
    stepId,
    revision: { ordinal: 1, timer: 0, final: false },
    state: 'provisional',
    order: 1,
    kind: 'click',
    atMs: 0,
    ...step,
  };
  const fingerprint = { width: taken.width, height: taken.height, pixelsSha256: `pixels-${picture}`, blockHash: hash, tiles: packed };
  return { session: info, step: draft, shot: taken, fingerprint };
}

/** Asks one after the other, storing tiles as the processor does. */
function run(asks: readonly Ask[]): { readonly choices: readonly Choice[]; readonly shown: readonly string[] } {
  let state: DedupeSession = emptyDedupeSession;
  const stored = new Map<string, Buffer>();
  const choices = asks.map((ask) => {
    const asked = question(ask);
    const choice = chooseImage(state, asked, ({ pixelsSha256 }) => stored.get(pixelsSha256));
    if (choice.isKept) stored.set(asked.fingerprint.pixelsSha256, asked.fingerprint.tiles);
    state = choice.state;
    return choice;
  });
  return { choices, shown: choices.map(({ chosen }) => chosen.shot.sha256.replace('sha-', '')) };
}

const wide = [0, 1, 2, 3, 4].map((column) => [column, 2, 9] as const);

describe('choosing the picture of a step', () => {
  it('keeps the first, and shares it with a step that has the same pixels', () => {
    const { choices, shown } = run([{ stepId: 'a' }, { stepId: 'b', picture: 'a' }]);
    assert.deepEqual(shown, ['a', 'a']);
    assert.deepEqual(
      choices.map(({ chosen }) => chosen.sharedWithStepId),
      [undefined, 'a'],
    );
  });
  it('shares what differs in a small spot only, and keeps what differs in more', () => {
    assert.deepEqual(run([{ stepId: 'a' }, { stepId: 'b', tiles: tiles([5, 2, 9]) }]).shown, ['a', 'a']);
    assert.deepEqual(run([{ stepId: 'a' }, { stepId: 'b', tiles: tiles(...wide) }]).shown, ['a', 'b']);
  });
  it('never shares when the change touches the target, by its rectangle or around its click', () => {
    const target = { role: 'button', name: 'Save', rect: { x: 70, y: 30, width: 20, height: 10 } };
    const spot = tiles([5, 2, 9]);
    assert.deepEqual(run([{ stepId: 'a' }, { stepId: 'b', tiles: spot, step: { target } }]).shown, ['a', 'b']);
    assert.deepEqual(run([{ stepId: 'a' }, { stepId: 'b', tiles: spot, step: { click: { x: 90, y: 40 } } }]).shown, ['a', 'b']);
    assert.deepEqual(run([{ stepId: 'a' }, { stepId: 'b', tiles: spot, step: { click: { x: 200, y: 100 } } }]).shown, ['a', 'a']);
  });
  it('compares with the kept picture, not with the last seen, so that drift does not add up', () => {
    const drift = [1, 2, 3, 4, 5].map((count) => ({ stepId: `d${count}`, tiles: tiles(...wide.slice(0, count)) }));
    assert.deepEqual(run([{ stepId: 'a' }, ...drift]).shown, ['a', 'a', 'a', 'a', 'd4', 'd4']);
  });
  it('takes the kept picture with the fewest changes', () => {
    const { shown } = run([{ stepId: 'a' }, { stepId: 'b', tiles: tiles(...wide) }, { stepId: 'c', tiles: tiles(...wide, [12, 7, 9]) }]);
    assert.deepEqual(shown, ['a', 'b', 'b']);
  });
  it('never shares between other masks, policies, sizes or scales', () => {
    const others: readonly Partial<Ask>[] = [
      { shot: { masks: [{ x: 1, y: 1, width: 5, height: 5 }] } },
      { info: { ...session, policy: { ...policy, version: 2 } } },
      { info: { ...session, policy: { ...policy, redact: [] } } },
      { shot: { width: 304 } },
      { shot: { scale: 2 } },
    ];
    for (const other of others)
      assert.deepEqual(run([{ stepId: 'a' }, { stepId: 'b', ...other }]).shown, ['a', 'b'], JSON.stringify(other));
  });
  it('takes no candidate that the block hash finds unlike', () => {
    assert.deepEqual(run([{ stepId: 'a' }, { stepId: 'b', hash: 'f'.repeat(64), tiles: tiles([5, 2, 9]) }]).shown, ['a', 'b']);
  });
  it('answers a later revision of a step as it did before, though more is known by now', () => {
    const first = { stepId: 'b', tiles: tiles([5, 2, 9]) };
    const { shown } = run([{ stepId: 'a' }, first, { stepId: 'c', tiles: tiles([5, 2, 9], ...wide) }, first]);
    assert.deepEqual([shown[1], shown[3]], ['a', 'a']);
  });
  it('does not share with a picture whose tiles are gone or broken', () => {
    const state = run([{ stepId: 'a' }]).choices[0]?.state ?? emptyDedupeSession;
    const asked = question({ stepId: 'b', tiles: tiles([5, 2, 9]) });
    for (const lost of [undefined, Buffer.from('broken'), Buffer.alloc(0)]) {
      assert.equal(chooseImage(state, asked, () => lost).chosen.shot.sha256, 'sha-b');
    }
  });
  it('keeps a bounded number of pictures and names those whose tiles may go', () => {
    const asks = Array.from({ length: maxKept + 3 }, (_value, index) => ({
      stepId: `s${index}`,
      hash: (index % 2 === 0 ? '0' : 'f').repeat(64),
      tiles: tiles(...wide.map(([column, row]) => [column + (index % 10), row + (index % 5), 9] as const)),
    }));
    const { choices } = run(asks);
    const last = choices.at(-1);
    assert.ok((last?.state.kept.length ?? 0) <= maxKept);
    const keptCount = choices.filter(({ isKept }) => isKept).length;
    assert.equal(keptCount - choices.flatMap(({ dropped }) => dropped).length, last?.state.kept.length);
  });
  it('gives the same answers whatever else the process saw before (T1)', () => {
    const ask = fc
      .record({ stepId: fc.constantFrom('a', 'b', 'c'), column: fc.nat(15), count: fc.nat(5) })
      .map(({ stepId, column, count }) => ({
        stepId,
        picture: `${column}-${count}`,
        tiles: tiles(...Array.from({ length: count }, (_value, index) => [column + index, 3, 9] as const)),
      }));
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 12 }), (asks) => {
        const once = run(asks);
        assert.deepEqual(run(asks).choices, once.choices);
        // What is shown is a picture that was taken, and its first user is the step it is shared with.
        once.choices.forEach(({ chosen }, index) =>
          assert.ok(asks.slice(0, index + 1).some(({ picture }) => `sha-${picture}` === chosen.shot.sha256)),
        );
      }),
    );
  });
});

describe('comparing tiles', () => {
  const same = (kept: Buffer, next: Buffer): boolean => sameTiles({ width, height, kept, next }).isSame;
  it('is the same both ways round', () => {
    const change = fc.tuple(fc.nat(19), fc.nat(9), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.array(change, { maxLength: 8 }), (a, b) => {
        assert.equal(same(tiles(...a), tiles(...b)), same(tiles(...b), tiles(...a)));
      }),
    );
  });
  it('takes a slight, even change of a band for hover, and neither a strong nor a mixed one', () => {
    const band = (brightness: (at: number) => number): Buffer => {
      const flat = new Uint8Array(grid.columns * grid.rows * bytesPerTile).fill(20);
      for (let column = 0; column < 8; column++) {
        const first = (2 * grid.columns + column) * bytesPerTile;
        for (let at = first; at < first + 16; at++) flat[at] = brightness(at);
      }
      return packTiles(flat);
    };
    assert.equal(
      same(
        tiles(),
        band(() => 18),
      ),
      true,
    );
    assert.equal(
      same(
        tiles(),
        band(() => 12),
      ),
      false,
    );
    assert.equal(
      same(
        tiles(),
        band((at) => (at % 2 === 0 ? 18 : 22)),
      ),
      false,
    );
  });
  it('takes a ring around what stayed for focus, and nothing that changed inside', () => {
    const ring = (inside: number): Buffer => {
      const flat = new Uint8Array(grid.columns * grid.rows * bytesPerTile).fill(20);
      for (let y = 0; y < 12; y++) {
        for (let x = 0; x < 40; x++) {
          const isRim = x === 0 || y === 0 || x === 39 || y === 11;
          const tile = (1 + Math.floor(y / 4)) * grid.columns + 2 + Math.floor(x / 4);
          flat[tile * bytesPerTile + (y % 4) * 4 + (x % 4)] = isRim ? 8 : inside;
        }
      }
      return packTiles(flat);
    };
    assert.equal(same(tiles(), ring(20)), true);
    assert.equal(same(tiles(), ring(14)), false);
    const focused = { x: 40, y: 20, width: 20, height: 10 };
    assert.equal(sameTiles({ width, height, kept: tiles(), next: ring(20), target: focused }).isSame, false);
  });
  it('counts the bits in which hashes differ', () => {
    assert.equal(hashDistance('00000000ffffffff', '00000000ffffffff'), 0);
    assert.equal(hashDistance('00000001ffffffff', '80000000fffffffe'), 3);
    assert.equal(hashDistance('00', '0000'), Number.POSITIVE_INFINITY);
  });
});
