/** Checks every import against the table; `node .ci/check-imports.mjs [root]`. Exit 1 on a violation, and when it looked at nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { impureExceptions, impureModules, mayImport, pureFolders, vendorOwners } from './may-import.mjs';

const root = resolve(process.argv[2] ?? '.');
const skipped = new Set(['node_modules', 'dist', '.git', 'testdata', 'docs']);
const importPattern = /(?:^|[^\w.'"`])(?:import|export)\s*(?:type\s+)?(?:[\w*{}\s,$]+?\s*from\s*)?\(?\s*['"]([^'"]+)['"]/g;
const testFile = /\.(?:test|int\.test|prop\.test)\.ts$|-contract\.ts$|\/test-support\//;

function sources(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name) || (entry.name.startsWith('.') && entry.isDirectory())) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

const under = (path, folder) => path === folder || path.startsWith(`${folder}/`);
const longest = (path, folders) => folders.filter((folder) => under(path, folder)).sort((a, b) => b.length - a.length)[0];
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function relativeViolation(file, specifier) {
  const target = relative(root, resolve(root, dirname(file), specifier))
    .split(sep)
    .join('/');
  const home = longest(file, Object.keys(mayImport));
  if (home === undefined) return `${file}: no entry in the import table for this folder`;
  // A processor's own folder is its noun: processors/redact may not import processors/title.
  const own = home === 'processors' ? file.split('/').slice(0, 2).join('/') : home;
  if (testFile.test(`/${file}`) || under(target, own)) return undefined;
  return mayImport[home].some((entry) => under(target, entry)) ? undefined : `${file}: ${home} may not import ${target}`;
}

function violation(file, specifier) {
  if (specifier.startsWith('.')) return relativeViolation(file, specifier);
  if (testFile.test(`/${file}`)) return undefined;
  if (impureModules.includes(specifier.replace(/^node:/, '').split('/')[0])) {
    const pure = pureFolders.some((folder) => under(file, folder)) && !impureExceptions.some((folder) => under(file, folder));
    return pure ? `${file}: a processor is pure and may not import ${specifier}` : undefined;
  }
  const owners = vendorOwners[packageOf(specifier)];
  if (owners === undefined || owners.some((folder) => under(file, folder))) return undefined;
  return `${file}: ${packageOf(specifier)} belongs to ${owners.join(', ')}`;
}

const files = sources(root).map((path) => relative(root, path).split(sep).join('/'));
let importCount = 0;
const problems = [];
for (const file of files) {
  for (const match of readFileSync(join(root, file), 'utf8').matchAll(importPattern)) {
    importCount += 1;
    const problem = violation(file, match[1]);
    if (problem !== undefined) problems.push(problem);
  }
}
for (const problem of problems) console.error(problem);
console.error(`imports: ${files.length} files, ${importCount} imports, ${problems.length} violations`);
if (problems.length > 0 || importCount === 0) process.exit(1);
