import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../cache-folder.ts';
import { fileOfRepository, readComposeFile, stepwrightServices } from '../test-support/compose-file.ts';

const text = fileOfRepository('Dockerfile').replaceAll(/\\\n\s*/g, '');
const instructions = text
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));
const of = (wanted: string): readonly string[] => instructions.filter(({ name }) => name === wanted).map(({ rest }) => rest);

test('every stage is one image with a full version', () => {
  const images = of('FROM').map((rest) => rest.split(' ')[0]);
  assert.equal(images.length, 3);
  assert.equal(new Set(images).size, 1);
  assert.match(images[0] ?? '', /^node:2[024]\.\d+\.\d+-bookworm-slim$/);
});

test('what is copied from the checkout is there and is sent to the builder', () => {
  const sources = of('COPY')
    .filter((rest) => !rest.startsWith('--from='))
    .flatMap((rest) => rest.split(' ').slice(0, -1));
  assert.ok(sources.length >= 4);
  const sent = new Set(
    fileOfRepository('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1)),
  );
  for (const source of sources) {
    assert.ok(existsSync(join(repositoryRoot(), source)), source);
    if (source !== '.') assert.ok(sent.has(source.split('/')[0] ?? ''), `${source} in .dockerignore`);
  }
  for (const path of sent) assert.ok(existsSync(join(repositoryRoot(), path)), `.dockerignore: ${path}`);
  const { include }: { include: readonly string[] } = JSON.parse(fileOfRepository('tsconfig.json'));
  for (const folder of include) assert.ok(sent.has(folder), `${folder} is compiled`);
});

test('it runs as somebody who owns its folders and nothing else', () => {
  assert.deepEqual(of('USER'), ['node']);
  assert.match(text, /install -d -o node -g node -m 700 \/data \/state/);
  assert.ok(instructions.findIndex(({ name }) => name === 'USER') < instructions.findIndex(({ name }) => name === 'ENTRYPOINT'));
});

test('the image and docker-compose.yml ask for its health in the same words, at the default admin port', () => {
  const command: readonly string[] = JSON.parse((of('HEALTHCHECK')[0] ?? '').replace(/^.*?CMD /, ''));
  for (const [name, { healthcheck }] of stepwrightServices(readComposeFile()))
    assert.deepEqual(healthcheck.test, ['CMD', ...command], name);
  assert.ok(command.at(-1)?.includes('127.0.0.1:4281/readyz'));
});
