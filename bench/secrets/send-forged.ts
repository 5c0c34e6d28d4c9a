import { brokenBodies, forgedRequests } from './forged-events.ts';

export interface ForgingOptions {
  readonly baseUrl: string;
  readonly token: string;
  readonly sessionId: string;
  readonly canary: string;
}

export interface ForgedAnswer {
  readonly name: string;
  readonly status: number;
  /** The answer quotes the canary. */
  readonly isEcho: boolean;
}

/** Sends what no honest agent sends, straight to the ingest API; a refused batch uses no seq. Finishes the session. */
export async function sendForged({ baseUrl, token, sessionId, canary }: ForgingOptions): Promise<readonly ForgedAnswer[]> {
  const post = async (path: string, body: string, bearer = token): Promise<Response> =>
    fetch(`${baseUrl}/v1/sessions${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', 'stepwright-device': 'forger' },
      body,
    });
  const opening = { sessionId, deviceId: 'forger', atMs: Date.now(), agent: { name: 'forger', version: '1' } };
  await post('', JSON.stringify(opening));
  const answers: ForgedAnswer[] = [];
  const note = async (name: string, response: Response): Promise<void> => {
    const text = await response.text();
    answers.push({ name, status: response.status, isEcho: text.includes(canary) || text.includes(canary.slice(0, 12)) });
  };
  let firstSeq = 1;
  for (const { name, events } of forgedRequests(canary)) {
    const response = await post(`/${sessionId}/events`, JSON.stringify({ firstSeq, events }));
    if (response.ok) firstSeq += events.length;
    await note(name, response);
  }
  for (const body of brokenBodies(canary)) await note('a broken body', await post(`/${sessionId}/events`, body));
  await note('a wrong token', await post('', JSON.stringify(opening), canary));
  await note('finish', await post(`/${sessionId}/finish`, JSON.stringify({ lastSeq: firstSeq - 1 })));
  return answers;
}
