import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { StepwrightError } from '../../base/errors.ts';
import { createPromMetrics, type PromMetrics } from '../../base/prom-metrics.ts';
import type { RestoreProgress } from '../restore-driver.ts';
import type { CreateThreadApp, ThreadApp } from './thread-app.ts';
import type { ThreadNews, ThreadQuestion, WorkerBirth } from './thread-messages.ts';

/** How often the main thread hears how it is; silence means that something holds this thread. */
const healthEveryMs = 500;

/** Entry of a worker: makes the app of the module, tells how it is, answers questions, ends after `close`. */
async function work(): Promise<void> {
  assert(parentPort, 'this module is the entry of a worker thread');
  const port = parentPort;
  const tell = (news: ThreadNews): void => port.postMessage(news);
  const { moduleUrl, index, count, data }: WorkerBirth = workerData;
  const metrics = createPromMetrics({ labels: { thread: String(index) } });
  try {
    const createApp = await factoryOf(moduleUrl);
    const onFailed = (message: string): void => tell({ kind: 'failed', message });
    const onRestore = (progress: RestoreProgress): void => tell({ kind: 'restore', progress });
    const app = await createApp({ index, count, data, metrics, onFailed, onRestore });
    const health = setInterval(() => tell({ kind: 'health', health: app.health() }), healthEveryMs);
    port.on('message', (question: ThreadQuestion) => {
      if (question.wants === 'close') clearInterval(health);
      void answer(question, app, metrics).then(tell);
    });
    tell({ kind: 'health', health: app.health() });
    tell({ kind: 'started' });
  } catch (error) {
    const code = error instanceof StepwrightError ? error.code : undefined;
    tell({ kind: 'refused', code, message: error instanceof Error ? error.message : 'unknown' });
    port.close();
  }
}

async function answer({ number, wants }: ThreadQuestion, app: ThreadApp, metrics: PromMetrics): Promise<ThreadNews> {
  try {
    if (wants === 'tasks') return { kind: 'answer', number, tasks: await app.tasks() };
    if (wants === 'metrics') return { kind: 'answer', number, text: await metrics.page() };
    await app.close();
    return { kind: 'answer', number };
  } catch (error) {
    return { kind: 'answer', number, problem: error instanceof Error ? error.message : 'unknown' };
  }
}

async function factoryOf(moduleUrl: string): Promise<CreateThreadApp> {
  const loaded: unknown = await import(moduleUrl);
  const factory: unknown = typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, 'createThreadApp') : undefined;
  if (isFactory(factory)) return factory;
  throw new StepwrightError('CONFIG_INVALID', `${moduleUrl} must export a function createThreadApp`);
}

function isFactory(value: unknown): value is CreateThreadApp {
  return typeof value === 'function';
}

await work();
