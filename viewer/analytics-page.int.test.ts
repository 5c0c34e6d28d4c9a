import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isAnalyticsInstalled } from './test-support/analytics-engine.ts';
import { serveDemo, testBrowser, type ServedDemo } from './test-support/served-demo.ts';

const browser = testBrowser(process.env);
const skip = browser.skip === false && !isAnalyticsInstalled() ? 'the optional package chdb is not installed' : browser.skip;
let demo: ServedDemo;
before(async () => {
  if (skip !== false) return;
  demo = await serveDemo(browser.path, { analytics: true });
  await demo.play(1_000);
  // The recording was made in the past: the page shows the days that it is asked for.
  while ((await rows('guides')).length === 0) await setTimeout(100);
});
after(async () => {
  if (skip === false) await demo.close();
});

async function rows(report: string): Promise<readonly Readonly<Record<string, string | number>>[]> {
  return (await demo.readApi<{ rows: Readonly<Record<string, string | number>>[] }>(`/v1/analytics/${report}?from=0&to=4000000000000`))
    .rows;
}

test('shows sessions, guides, steps and applications of the days that are asked for, and says which', { skip }, async () => {
  const [session] = await rows('sessions');
  const day = String(session?.['day']);
  const { page, context } = await demo.open('/analytics');
  await page.getByLabel('First day').fill(day);
  await page.getByLabel('Last day').fill(day);
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText(`${day} to ${day}`).waitFor();
  for (const title of [
    'Sessions a day',
    'Guides a day',
    'Steps a session',
    'Time to first step',
    'Dead letters of all tenants',
    'Slowest processors',
  ]) {
    await page.getByRole('heading', { name: title }).waitFor();
  }
  const sessions = page.getByRole('region', { name: 'Sessions a day' }).locator('tbody tr');
  assert.equal(await sessions.count(), 1);
  assert.match((await sessions.first().textContent()) ?? '', new RegExp(day));
  const applications = await page.getByRole('region', { name: 'Top applications' }).locator('tbody tr').allTextContents();
  assert.equal(applications.length, (await rows('applications')).length);
  assert.ok(applications.length > 0);
  const picture = process.env['STEPWRIGHT_SCREENSHOT'];
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });
  await context.close();
});

test('shows an operator the numbers of the tenant that is chosen, and the own ones again', { skip }, async () => {
  for (const sessionId of ['first', 'second']) await demo.play(1_000, undefined, { tenantId: 'zeta', sessionId });
  const ofZeta = '/v1/operator/analytics/guides?tenant=zeta&from=0&to=4000000000000';
  const guideCount = async (): Promise<number> =>
    (await demo.readApi<{ rows: { guides: number }[] }>(ofZeta)).rows.reduce((sum, { guides }) => sum + guides, 0);
  while ((await guideCount()) < 2) await setTimeout(100);
  const { page, context } = await demo.open('/analytics');
  const figure = (name: string) => page.locator('.tile', { hasText: name }).first();
  await page.getByText('tenant local').waitFor();
  assert.equal(await figure('sessions').textContent(), '1sessions');
  assert.deepEqual(await page.getByLabel('Tenant').locator('option').allTextContents(), ['local', 'zeta']);
  await page.getByLabel('Tenant').selectOption('zeta');
  await page.getByText('tenant zeta').waitFor();
  assert.equal(await figure('sessions').textContent(), '2sessions');
  assert.equal(await figure('guides').textContent(), '2guides');
  assert.equal(await page.getByRole('heading', { name: 'Dead letters', exact: true }).count(), 1);
  await page.getByLabel('Tenant').selectOption('local');
  await page.getByText('tenant local').waitFor();
  assert.equal(await figure('sessions').textContent(), '1sessions');
  // Whoever has something in the days that are shown.
  await page.getByLabel('First day').fill('2001-01-01');
  await page.getByLabel('Last day').fill('2001-01-02');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('2001-01-01 to 2001-01-02').waitFor();
  assert.deepEqual(await page.getByLabel('Tenant').locator('option').allTextContents(), ['local']);
  await context.close();
});

test('draws a place for every day of the span, also where nothing was', { skip }, async () => {
  const day = String((await rows('sessions'))[0]?.['day']);
  const first = new Date(Date.parse(day) - 4 * 86_400_000).toISOString().slice(0, 10);
  const { page, context } = await demo.open('/analytics');
  await page.getByLabel('First day').fill(first);
  await page.getByLabel('Last day').fill(day);
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText(`${first} to ${day}`).waitFor();
  const chart = page.locator('.panel', { hasText: 'Sessions a day' }).locator('.chart');
  assert.deepEqual(await chart.locator('rect title').allTextContents(), [
    ...[4, 3, 2, 1].map((before) => `${new Date(Date.parse(day) - before * 86_400_000).toISOString().slice(0, 10)}: 0`),
    `${day}: 1`,
  ]);
  assert.deepEqual(await chart.locator('p').allTextContents(), ['highest 1', `${first}${day}`]);
  await context.close();
});

test('says in words that nothing is there, that days are out of reach, and that they are the wrong way round', { skip }, async () => {
  const { page, context } = await demo.open('/analytics');
  const show = async (first: string, last: string): Promise<void> => {
    await page.getByLabel('First day').fill(first);
    await page.getByLabel('Last day').fill(last);
    await page.getByRole('button', { name: 'Show' }).click();
  };
  await show('2001-01-01', '2001-01-02');
  await page.getByText('Nothing was recorded, watched or refused in these days').waitFor();
  await show('1815-06-18', '2001-01-02');
  await page.getByText('Choose days from 1970-01-01 to 2099-12-31.').waitFor();
  await show('', '2001-01-02');
  await page.getByText('Choose a first and a last day.').waitFor();
  await show('2025-05-07', '2025-05-06');
  await page.getByText('Choose a first day that is not after the last one.').waitFor();
  await show('2001-01-03', '2001-01-03');
  await page.getByText('2001-01-03 to 2001-01-03').waitFor();
  assert.equal(await page.getByText('Choose a first day').count(), 0);
  await context.close();
});

test('says that analytics is off, at the first load too, and shows no numbers of before', { skip }, async () => {
  const { page, context } = await demo.open('/analytics');
  await page.getByText('tenant local').waitFor();
  await page.route('**/analytics/**', (route) => route.fulfill({ status: 503, json: {} }));
  await page.getByRole('button', { name: '7 days' }).click();
  await page.getByText('Analytics is off on this server').waitFor();
  assert.equal(await page.locator('.panel').count(), 0);
  await page.reload();
  await page.getByText('Analytics is off on this server').waitFor();
  await context.close();
});

test('offers a reader no other tenant and nothing of the deployment', { skip }, async () => {
  const { page, context } = await demo.open('/');
  const token = demo.server.tokens.mint({ tenantId: 'local', role: 'viewer', operator: false });
  await page.goto(`${demo.server.url}/analytics?token=${token}`);
  await page.getByRole('heading', { name: 'Watchers' }).waitFor();
  assert.equal(await page.getByLabel('Tenant').count(), 0);
  for (const name of ['Dead letters of all tenants', 'Slowest processors'])
    assert.equal(await page.getByRole('heading', { name }).count(), 0, name);
  await context.close();
});
