import type { Page, PageRequest } from '../ports/views.ts';
import { titleQuery } from '../views/title-query.ts';
import type { CqlRow, CqlSession } from './cql-session.ts';
import { listedPlace, type SealedBodies } from './sealed-bodies.ts';
import { monthEndMs, monthOf, newestFirst, openedAtOf, reads, type ListTable } from './statements.ts';

/** A page reads at most so many rows when a query leaves rows out, and so many months when there is little in them; the cursor then goes on from there. */
const maxScannedRows = 10_000;
const maxMonths = 12;
const searchChunkRows = 256;

interface Place {
  readonly newestFirst: bigint;
  readonly sessionId: string;
}

const beginning: Place = { newestFirst: -1n, sessionId: '' };

export interface ListReaderParts {
  readonly session: CqlSession;
  readonly bodies: SealedBodies;
  readonly edition: string;
}

/** Pages of a tenant's lists, newest first: one partition a page, and the next month's when a month ends on the page. */
export class ListReader {
  readonly #parts: ListReaderParts;

  constructor(parts: ListReaderParts) {
    this.#parts = parts;
  }

  async page<Row extends { readonly title: string }>(table: ListTable, tenantId: string, request: PageRequest): Promise<Page<Row>> {
    const { session, edition } = this.#parts;
    const after = decodeCursor(request.cursor);
    const firstMonth = after === undefined ? maxInt32 : monthOf(openedAtOf(after.newestFirst));
    const months = await session.select(reads.months, [tenantId, edition, firstMonth, maxMonths + 1]);
    const filling = new PageFilling<Row>(request, after ?? beginning);
    for (const row of months.slice(0, maxMonths)) {
      const page = await this.#fill(filling, table, { tenantId, month: Number(row['month']) });
      if (page !== undefined) return page;
    }
    const next = months[maxMonths];
    if (next === undefined) return { rows: filling.rows };
    // Lists run backwards: the end of that month is before its first row.
    return { rows: filling.rows, cursor: encodeCursor({ newestFirst: newestFirst(monthEndMs(Number(next['month']))), sessionId: '' }) };
  }

  /** Reads one month; answers the page when it is full. */
  async #fill<Row extends { readonly title: string }>(
    filling: PageFilling<Row>,
    table: ListTable,
    { tenantId, month }: { readonly tenantId: string; readonly month: number },
  ): Promise<Page<Row> | undefined> {
    const { session, edition } = this.#parts;
    for (;;) {
      const limit = filling.chunkRows();
      const { newestFirst: from, sessionId } = filling.last;
      const rows = await session.select(reads.list(table), [tenantId, edition, month, from, sessionId, limit]);
      for (const row of rows) {
        const place = placeOf(row);
        const page = filling.take(place, this.#open<Row>(table, tenantId, place.sessionId, row));
        if (page !== undefined) return page;
      }
      if (rows.length < limit) return undefined;
    }
  }

  #open<Row>(table: ListTable, tenantId: string, sessionId: string, row: CqlRow): Row | undefined {
    const { bodies, edition } = this.#parts;
    return bodies.open<Row>(listedPlace(table, { tenantId, sessionId, edition }), row['body']);
  }
}

/** A page while it is being filled. */
class PageFilling<Row extends { readonly title: string }> {
  readonly rows: Row[] = [];
  /** The last row that was looked at. */
  last: Place;
  readonly #request: PageRequest;
  readonly #matches: (title: string) => boolean;
  #scannedCount = 0;

  constructor(request: PageRequest, after: Place) {
    this.#request = request;
    this.last = after;
    this.#matches = titleQuery(request.query);
  }

  /** One more than the page lacks, to know whether there is more. */
  chunkRows(): number {
    const lacking = this.#request.limitCount - this.rows.length + 1;
    return this.#request.query === undefined ? lacking : Math.max(lacking, searchChunkRows);
  }

  /** `row` is undefined when it may not be shown. Answers the page when it ends here. */
  take(place: Place, row: Row | undefined): Page<Row> | undefined {
    if (row !== undefined && this.#matches(row.title)) {
      if (this.rows.length >= this.#request.limitCount) return this.#page();
      this.rows.push(row);
    }
    this.last = place;
    this.#scannedCount++;
    return this.#scannedCount >= maxScannedRows ? this.#page() : undefined;
  }

  #page(): Page<Row> {
    return { rows: this.rows, cursor: encodeCursor(this.last) };
  }
}

const maxInt32 = 2 ** 31 - 1;

function placeOf(row: CqlRow): Place {
  const value = row['newest_first'];
  return { newestFirst: typeof value === 'bigint' ? value : 0n, sessionId: String(row['session_id']) };
}

function encodeCursor({ newestFirst: from, sessionId }: Place): string {
  return Buffer.from(`${from} ${sessionId}`).toString('base64url');
}

/** Undefined for what is no cursor of ours: the page is then the first one. */
function decodeCursor(cursor: string | undefined): Place | undefined {
  const [, number, sessionId] = /^(\d{1,16}) (.*)$/s.exec(Buffer.from(cursor ?? '', 'base64url').toString()) ?? [];
  return number === undefined || sessionId === undefined ? undefined : { newestFirst: BigInt(number), sessionId };
}
