import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TitleModel } from '../../processors/ports/title-model.ts';
import { createEventParser } from '../../schemas/validate-event.ts';
import { createSystemClock } from '../../topology/base/clock.ts';
import { silentLogger } from '../../topology/base/logger.ts';
import { silentMetrics } from '../../topology/base/metrics.ts';
import { feedRecording } from '../guide/feed.ts';
import { readRecordingFile } from '../guide/recording-file.ts';
import { createInProcessIngest } from './ingest.ts';
import { startPlatform } from './platform.ts';
import { defaultPolicy } from './policy.ts';
import { openStorage } from './storage.ts';

const environment = { clock: createSystemClock({ keepsAlive: true }), logger: silentLogger, metrics: silentMetrics };

test("a model's answer leaves by a topic, comes back as an event and stands in the guide; it sees no hidden text", async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'title-host-'));
  const prompts: string[] = [];
  const titleModel: TitleModel = {
    name: 'fake',
    title: async ({ prompt, stepId }) => {
      prompts.push(prompt);
      return stepId === undefined ? 'Setting up the support team' : `Model says ${prompts.length}`;
    },
  };
  const storage = await openStorage({ dataFolder, partitionCount: 2, logSync: 'never', analytics: false, ...environment });
  const platform = await startPlatform({
    storage,
    commitIntervalMs: 20,
    stateBudgetBytes: 32 << 20,
    random: () => 0.5,
    titleModel,
    ...environment,
  });
  const policyOf = () => ({ ...defaultPolicy, modelTitles: true });
  const ingest = createInProcessIngest({ storage, platform, policyOf, newId: randomUUID, ...environment });
  try {
    await ingest.start();
    const read = readRecordingFile('cli/demo/recording/events.jsonl', 'events');
    assert.ok(read.ok);
    await feedRecording(ingest, createEventParser(), 'acme', read.file);
    let guide = await storage.views.guide('acme', read.file.sessionId);
    while (guide === undefined || guide === 'gone' || !guide.steps.some((step) => step.title.startsWith('Model says'))) {
      assert.deepEqual(platform.failures, []);
      await new Promise((resolve) => setTimeout(resolve, 20));
      guide = await storage.views.guide('acme', read.file.sessionId);
    }
    assert.ok(prompts.length > 0);
    assert.equal(
      prompts.some((prompt) => prompt.includes('grace.hopper@example.com')),
      false,
    );
  } finally {
    await ingest.close();
    await platform.close();
    await storage.close();
    rmSync(dataFolder, { recursive: true, force: true });
  }
});
