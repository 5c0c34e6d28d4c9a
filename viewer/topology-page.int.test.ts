import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TopologyReport } from './api.ts';
import { serveDemo, testBrowser, type ServedDemo } from './test-support/served-demo.ts';

const { path, skip } = testBrowser(process.env);
const address = '/v1/operator/topology';
let demo: ServedDemo;
before(async () => {
  if (skip === false) demo = await serveDemo(path);
});
after(async () => {
  if (skip === false) await demo.close();
});

test('shows every processor, and every task of the process with its lag and nothing left to restore', { skip }, async () => {
  await demo.play(1_000);
  const { page, context } = await demo.open('/topology');
  const tasks = page.getByRole('region', { name: 'Tasks' }).locator('tbody tr');
  await tasks.first().waitFor();
  const report = await demo.readApi<TopologyReport>(address);
  assert.ok(report.tasks.length > 0);
  assert.deepEqual(
    await tasks.evaluateAll((rows) =>
      rows.map((row) => [row.children[0]?.textContent, row.children[1]?.textContent, row.children[5]?.textContent]),
    ),
    report.tasks.map(({ taskId, role }) => [taskId, role, '']),
  );
  const drawn = await page.locator('.graph text').allTextContents();
  for (const { name } of report.nodes) assert.ok(drawn.includes(name), `${name} is drawn`);
  assert.equal(await page.getByRole('region', { name: 'Members' }).locator('tbody tr').count(), 1);
  await context.close();
});

/** What a process of several answers: one task is being restored in it, one is in another process, one nobody has. */
function distributed(report: TopologyReport): TopologyReport {
  const [task] = report.tasks;
  assert.ok(task);
  const restoring = { remainingCount: 12_345, secondsLeft: 6.2, isDone: false };
  const member = { standbyCount: 0, activeCount: 1 };
  const { taskId: _, member: _member, restore: _restore, asyncInFlightCount: _count, ...unowned } = task;
  return {
    ...report,
    members: [
      { ...member, memberId: 'here', host: 'one.example:8080' },
      { ...member, memberId: 'there', host: 'two.example:8080' },
    ],
    tasks: [
      { ...task, taskId: '0_0', member: 'here', state: 'restoring', restore: restoring },
      { ...unowned, taskId: '0_1', member: 'there', state: 'elsewhere' },
      { ...unowned, taskId: '0_2', state: 'unassigned' },
    ],
  };
}

test('of several processes it shows where a task is, and how much of one is left to restore', { skip }, async () => {
  const { page, context } = await demo.open('/topology', { locale: 'en-US' });
  await page.route(`**${address}`, async (route) => {
    const report: TopologyReport = await (await route.fetch()).json();
    await route.fulfill({ json: distributed(report) });
  });
  const row = (taskId: string) => page.getByRole('region', { name: 'Tasks' }).locator('tbody tr', { hasText: taskId });
  await row('0_2').waitFor();
  await page.getByText('12,345, about 7 s').waitFor();
  const cells = async (taskId: string) => (await row(taskId).locator('td').allTextContents()).slice(2, 6);
  const [here, there, nobody] = [await cells('0_0'), await cells('0_1'), await cells('0_2')];
  assert.deepEqual([here[0], here[1], here[3]], ['here', 'restoring', '12,345, about 7 s']);
  assert.deepEqual([there[0], there[1], there[3]], ['there', 'at two.example:8080', '']);
  assert.deepEqual([nobody[0], nobody[1], nobody[3]], ['nobody', 'unassigned', '']);
  const picture = process.env['STEPWRIGHT_SCREENSHOT'];
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });
  await context.close();
});
