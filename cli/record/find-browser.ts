import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
  'brave-browser',
];
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

/** Path of a Chromium that is installed on this machine: the given one, else the first known name on the search path. */
export function findBrowser(searchPath: string, preferred?: string): string | undefined {
  const onPath = names.flatMap((name) => searchPath.split(delimiter).map((folder) => join(folder, name)));
  const candidates = preferred === undefined || preferred === '' ? [...onPath, ...macPaths] : [preferred];
  return candidates.find(isExecutable);
}

/** Flags for an automated browser: quiet, without a sandbox only where the process is root and has none. */
export function browserFlags(isRoot: boolean): string[] {
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return isRoot ? ['--no-sandbox', ...quiet] : quiet;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
