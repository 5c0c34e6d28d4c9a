import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDice } from '../../../topology/testing/dice.ts';
import { planDisturbances } from './disturbances.ts';

const fleet = { memberCount: 3, sessionTimeoutMs: 6_000 };

test('every schedule has each kind of disturbance, and a zombie: its first freeze outlasts the session', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const plan = planDisturbances(createDice(seed), { ...fleet, killCount: 5 });
    assert.equal(new Set(plan.map(({ kind }) => kind)).size, 6);
    assert.equal(plan.filter(({ kind }) => kind === 'kill' || kind === 'wipe').length, 5);
    const freeze = plan.find(({ kind }) => kind === 'freeze');
    assert.ok(freeze !== undefined && freeze.awayMs > fleet.sessionTimeoutMs, `seed ${seed}`);
  }
});

test('a seed gives the same schedule again', () => {
  const plan = () => planDisturbances(createDice(7), { ...fleet, killCount: 100 });
  assert.deepEqual(plan(), plan());
});
