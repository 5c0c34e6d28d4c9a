import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepwrightError } from './errors.ts';
import { createPinoLogger, type LogLevel } from './pino-logger.ts';

function capture(level: LogLevel): {
  readonly logger: ReturnType<typeof createPinoLogger>;
  readonly lines: () => readonly Record<string, unknown>[];
  readonly text: () => string;
} {
  const written: string[] = [];
  const logger = createPinoLogger({ level, destination: { write: (line) => void written.push(line) } });
  return { logger, text: () => written.join(''), lines: () => written.map((line): Record<string, unknown> => JSON.parse(line)) };
}

test('a line is one JSON object with level, ISO time, message and the fields of its parents', () => {
  const { logger, lines } = capture('info');
  logger.child({ task: '0_3' }).child({ topic: 'a' }).warn({ lag: 12n }, 'behind');
  const [line] = lines();
  assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT/);
  const { time: _time, ...rest } = line ?? {};
  assert.deepEqual(rest, { level: 'warn', task: '0_3', topic: 'a', lag: '12', msg: 'behind' });
});

test('well-known secret fields are redacted at every depth, in children and in errors; bytes are only counted', () => {
  const canary = 'canary-canary-canary-123';
  const { logger, text } = capture('debug');
  logger.info({ token: canary, request: { headers: { Authorization: canary, 'set-cookie': [canary], 'X-API-Key': canary } } }, 'a');
  logger.child({ dataKey: canary, api_key: canary }).debug({ list: [{ password: canary }], body: Buffer.from(canary) }, 'b');
  logger.error({ error: Object.assign(new Error('failed'), { clientSecret: canary }) }, 'c');
  assert.equal(text().includes(canary), false, text());
  assert.match(text(), /\[24 bytes\]/);
  assert.match(text(), /\[redacted\]/);
});

test('an error keeps its code, disposition and context', () => {
  const { logger, lines } = capture('info');
  logger.error(
    { error: new StepwrightError('LOG_FENCED', 'a newer owner', { disposition: 'leave-group', context: { offset: 7n } }) },
    'task stops',
  );
  const error = lines()[0]?.['error'];
  assert.ok(typeof error === 'object' && error !== null && 'stack' in error && 'code' in error && 'context' in error);
  assert.deepEqual([error.code, error.context], ['LOG_FENCED', { offset: '7' }]);
});

test('an error keeps what caused it, level by level: the advice is to look at the cause', () => {
  const { logger, lines } = capture('info');
  const device = Object.assign(new Error('Too many open files'), { code: 'EMFILE' });
  const vendor = new Error('Database failed to open', { cause: device });
  logger.error({ error: new StepwrightError('STATE_IO_FAILED', 'see the cause', { cause: vendor }) }, 'task stops');
  const text = JSON.stringify(lines()[0]?.['error']);
  for (const words of ['Database failed to open', 'Too many open files', 'EMFILE']) assert.ok(text.includes(words), words);
});

test('what a JSON parser says of its input is not repeated, for it quotes it', () => {
  const { logger, text } = capture('info');
  const canary = 'canary-canary-canary-123';
  let quoting: unknown;
  try {
    JSON.parse(canary);
  } catch (error) {
    quoting = error;
  }
  assert.ok(quoting instanceof SyntaxError && quoting.message.includes('canary'), 'the parser quotes its input');
  logger.error({ error: new StepwrightError('SERDE_FAILED', 'not JSON', { cause: quoting }) }, 'a');
  logger.error({ error: quoting }, 'b');
  assert.equal(text().includes('canary'), false, text());
});

test('lines below the level are not written, and a circular value does not stop a program', () => {
  const { logger, lines } = capture('warn');
  logger.info({}, 'quiet');
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  logger.warn(circle, 'loud');
  assert.deepEqual(
    lines().map((line) => line['msg']),
    ['loud'],
  );
});
