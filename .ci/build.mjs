/** Compiles the sources to dist/ and bundles what runs inside a page into one script: `node .ci/build.mjs`. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

/** Bundles and writes only what changed, so that a second build leaves file times alone. */
async function bundle(entry, outfile) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
  });
  const text = outputFiles[0].text;
  if (!existsSync(outfile) || readFileSync(outfile, 'utf8') !== text) writeFileSync(outfile, text);
}

// The viewer's pages stand beside their compiled scripts: that folder is what the gateway serves.
for (const name of readdirSync('viewer/public')) copyFileSync(join('viewer/public', name), join('dist/viewer', name));
await bundle('dist/agent/capture/inject.js', 'dist/agent/capture/inject.bundle.js');

// The stamp says when the build was last up to date, also when nothing had to be compiled: the command compares sources with it.
const now = new Date();
utimesSync('dist/.tsbuildinfo', now, now);
