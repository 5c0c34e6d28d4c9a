import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../services/free-port.ts';
import { runCommand, startServerProcess } from '../server/server-process.ts';
import { makeCanary } from './canary.ts';
import { examine, problemsOf, type Examination } from './examine.ts';
import { serveSecretPages } from './page.ts';
import { sendForged, type ForgedAnswer } from './send-forged.ts';
import { typeCanary } from './type-canary.ts';

export interface SecretsReport {
  readonly examination: Examination;
  readonly forged: readonly ForgedAnswer[];
  readonly killedPid: number;
  readonly problems: readonly string[];
}

const typedSession = 'typed-in-a-browser';
const forgedSession = 'sent-by-a-forger';
const flags = ['--partitions', '1', '--no-analytics', '--log-level', 'debug', '--commit-interval-ms', '20'];

/** One canary through a browser and through the bare API, a kill in the middle, then the search. `root` is left as it is. */
export async function runSecrets(root: string, executablePath: string): Promise<SecretsReport> {
  const canary = makeCanary();
  const port = await freePort();
  const pages = await serveSecretPages();
  let server = await startServerProcess({ root, port, flags });
  const token = (await runCommand(root, ['keys', 'add', '--role', 'admin'])).trim();
  const killedPid = server.pid;
  const inTheMiddle = async (): Promise<void> => {
    await wait(300);
    await server.stop('SIGKILL');
    server = await startServerProcess({ root, port, flags });
  };
  const { baseUrl } = server;
  await typeCanary({ executablePath, pageUrl: pages.url, canary, baseUrl, token, sessionId: typedSession, inTheMiddle });
  const forged = await sendForged({ baseUrl, token, sessionId: forgedSession, canary });
  const guides = await Promise.all([typedSession, forgedSession].map((id) => untilGuide(`${baseUrl}/v1/guides/${id}`, token)));
  await server.stop();
  pages.close();
  const examination = await examine(root, canary, typedSession);
  const echoes = forged.filter(({ isEcho }) => isEcho).map(({ name }) => `the answer to "${name}" repeats the canary`);
  const faults = forged.filter(({ status }) => status >= 500).map(({ name, status }) => `"${name}" was answered with ${status}`);
  const missing = guides.includes(false) ? ['a guide did not come'] : [];
  return { examination, forged, killedPid, problems: [...problemsOf(examination), ...echoes, ...faults, ...missing] };
}

async function untilGuide(url: string, token: string): Promise<boolean> {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    if (answer.ok) return true;
    await wait(100);
  }
  return false;
}
