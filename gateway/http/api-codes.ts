/**
 * Every error code that the API answers with, its status and what the caller does about it: a closed list, apart from the
 * platform's own `StepwrightError` codes. docs/api.md shows this table; a test keeps the two equal. Never re-use a code.
 */
export const apiCodes = {
  // the request itself
  URL_INVALID: [400, 'The path or query cannot be decoded. Correct the percent escapes.'],
  PARAMETER_INVALID: [400, 'A path, query or header parameter has the wrong shape; `field` names it.'],
  BODY_INVALID: [400, 'The body is not JSON of the documented shape; `field` names the part.'],
  BODY_TOO_LARGE: [413, 'The body is larger on the wire than the limit. Send smaller batches.'],
  BODY_INFLATED_TOO_LARGE: [413, 'The body inflates to more than the limit. Send smaller batches.'],
  ENCODING_UNSUPPORTED: [415, 'Content-Encoding is not one of those in `accept-encoding` of the answer.'],
  ENCODING_BROKEN: [400, 'The body does not inflate under its Content-Encoding.'],
  MEDIA_TYPE_UNSUPPORTED: [415, 'Content-Type is not the one that the route takes.'],
  REQUEST_TIMEOUT: [408, 'The body came too slowly. Send it again.'],
  ROUTE_UNKNOWN: [404, 'There is no such path.'],
  METHOD_NOT_ALLOWED: [405, 'The path exists, not with this method; see `allow` of the answer.'],
  HOST_UNKNOWN: [421, 'The Host header names no host of this server (DNS rebinding is refused).'],
  ORIGIN_REFUSED: [403, 'A page of another origin may not do this. Configure the origin if it should.'],
  // who asks
  UNAUTHENTICATED: [401, 'No valid key or token came with the request.'],
  FORBIDDEN: [403, 'The key is valid but its role does not allow this.'],
  RATE_LIMITED: [429, 'Too many events for this tenant or device. Wait as `retry-after` says.'],
  SERVER_BUSY: [429, 'The server holds as much unfinished input as it may. Wait as `retry-after` says, then resend.'],
  // sessions
  SESSION_UNKNOWN: [404, 'There is no such session in this tenant.'],
  SESSION_GONE: [410, 'The session was deleted. Stop sending, drop the local copy.'],
  SESSION_FINISHED: [409, 'The session is finished and takes no more events.'],
  SESSION_TOO_OLD: [409, 'The session is so old that its state is gone (T5). Open a new one.'],
  SESSION_INCOMPLETE: [409, 'Events up to the named seq have not arrived. Resend from `ackedSeq` + 1.'],
  SESSION_FULL: [409, 'The session has as many events as its policy allows. Finish it.'],
  DEVICE_CONFLICT: [409, 'Another device records into this session. Open a new one.'],
  // events and pictures
  EVENT_INVALID: [400, 'An event breaks the contract; `field` names it. Nothing of the batch was taken.'],
  EVENT_KIND_RESERVED: [400, 'The platform writes this kind itself; an agent may not.'],
  EVENT_SEQ_INVALID: [400, 'Seqs of a batch rise by one from `firstSeq`, which is 1 or more.'],
  BATCH_TOO_LARGE: [413, 'The batch holds more events than the limit. Send smaller batches.'],
  SCREENSHOT_DIGEST_MISMATCH: [422, 'The bytes do not have the SHA-256 of the path. Send them again.'],
  SCREENSHOT_NOT_AN_IMAGE: [422, 'The bytes are no PNG, JPEG or WebP. Send `screenshot.missing` instead.'],
  SCREENSHOT_TOO_LARGE: [413, 'The picture has more bytes than the limit. Send `screenshot.missing` or a smaller one.'],
  SCREENSHOT_TOO_MANY_PIXELS: [422, 'The picture has more pixels than the limit. Send `screenshot.missing` or a smaller one.'],
  // reading
  GUIDE_UNKNOWN: [404, 'There is no such guide in this tenant, or it is not finished yet.'],
  IMAGE_UNKNOWN: [404, 'There is no such image in this tenant.'],
  REPORT_UNKNOWN: [404, 'There is no report of this name.'],
  CURSOR_INVALID: [400, 'The cursor is not one that this list handed out. Begin without one.'],
  ANALYTICS_OFF: [503, 'The analytics engine is not installed; everything else runs.'],
  // the server
  STORAGE_FULL: [507, 'The disk of the server is full. Nothing was taken; resend later.'],
  SPOOL_FULL: [503, 'The log is away and the spool on the disk is full. Nothing was taken; wait as `retry-after` says, then resend.'],
  UNAVAILABLE: [503, 'The log or a store does not answer. Nothing was acked; resend later.'],
  INTERNAL: [500, 'A fault of the server, logged under `requestId`.'],
} as const satisfies Readonly<Record<string, readonly [status: number, meaning: string]>>;

export type ApiCode = keyof typeof apiCodes;

export const apiCodeNames: readonly ApiCode[] = Object.freeze(Object.keys(apiCodes).filter((name): name is ApiCode => name in apiCodes));

/** HTTP status of a code. */
export function statusOf(code: ApiCode): number {
  return apiCodes[code][0];
}
