import type { Guide, SessionUpsert } from '../schemas/types/guide.ts';

/** What the library lists. */
export interface GuideSummary {
  readonly sessionId: string;
  readonly title: string;
  readonly summary: string;
  readonly stepCount: number;
  readonly openedAtMs: number;
  readonly thumbnailKey?: string;
}

export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly cursor?: string;
}

/** guide.json: a `Guide` without what only the platform needs. */
export type GuideDocument = Omit<Guide, 'tenantId' | 'revision'>;

export interface TopologyReport {
  readonly mermaid: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly type: string;
    readonly topic?: string;
    readonly stores: readonly string[];
    readonly children: readonly string[];
  }[];
  readonly tasks: readonly {
    readonly taskId: string;
    /** `active`, or a copy of its stores: `standby`, `warm-up`. */
    readonly role: string;
    /** Undefined while nobody has it. */
    readonly member?: string;
    /** `elsewhere`: in another process than the one that was asked. */
    readonly state: string;
    readonly lagRecords: number;
    readonly recordsPerSec: number;
    /** Records that wait for something outside the chain, pictures mostly; known for tasks of the process that was asked. */
    readonly asyncInFlightCount?: number;
    /** Of a task of the process that was asked, while it restores and since. */
    readonly restore?: {
      /** Offsets of its changelogs, an upper bound of records. */
      readonly remainingCount: number;
      readonly secondsLeft?: number;
      readonly isDone: boolean;
    };
  }[];
  readonly members: readonly {
    readonly memberId: string;
    readonly host: string;
    readonly activeCount: number;
    readonly standbyCount: number;
  }[];
  readonly deadLetters: number;
}

/** What the gateway refused, as a sentence for the person. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(status: number) {
    super(problemText(status));
    this.status = status;
  }
}

/** Reads the gateway's API. @throws {ApiProblem} when it refuses. */
export async function readApi<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: 'application/json' }, credentials: 'same-origin' });
  if (response.ok) return response.json();
  throw new ApiProblem(response.status);
}

function problemText(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return 'You are not signed in here: open the address with the token that the command printed.';
    case 404:
      return 'There is no such recording.';
    case 410:
      return 'This recording was deleted.';
    case 429:
      return 'Too many requests: wait a moment and reload.';
    default:
      return `The server answered ${status}: reload, or look at its log.`;
  }
}

export const listGuides = (query: string, cursor?: string): Promise<Listing<GuideSummary>> =>
  readApi(
    `/v1/guides?${new URLSearchParams({ limit: '24', ...(query === '' ? {} : { q: query }), ...(cursor === undefined ? {} : { cursor }) })}`,
  );
export const listSessions = (): Promise<Listing<SessionUpsert>> => readApi('/v1/sessions?limit=12');
export const readGuide = (sessionId: string): Promise<GuideDocument> => readApi(`/v1/guides/${encodeURIComponent(sessionId)}`);
