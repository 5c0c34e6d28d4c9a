import { identifierPattern } from '../auth/principal.ts';
import type { JsonSchema } from '../http/route.ts';

/** Shapes of the ingest routes for the OpenAPI document. Events are described in docs/events.md. */
const identifier: JsonSchema = { type: 'string', pattern: identifierPattern };
const seq: JsonSchema = { type: 'integer', minimum: 0 };
const warnings: JsonSchema = {
  type: 'array',
  items: { type: 'object', required: ['code', 'message'], properties: { code: { type: 'string' }, message: { type: 'string' } } },
};

export const openBodySchema: JsonSchema = {
  type: 'object',
  required: ['deviceId', 'atMs', 'agent'],
  properties: {
    sessionId: { ...identifier, description: 'Chosen by the agent, so that opening again is safe.' },
    deviceId: identifier,
    atMs: {
      type: 'integer',
      minimum: 0,
      maximum: 4_000_000_000_000_000,
      description: "The agent's clock now, milliseconds since the Unix epoch.",
    },
    title: { type: 'string', maxLength: 300 },
    agent: {
      type: 'object',
      required: ['name', 'version'],
      properties: {
        name: { type: 'string', maxLength: 64 },
        version: { type: 'string', maxLength: 64 },
        platform: { type: 'string', maxLength: 128 },
      },
    },
  },
};

export const stateSchema: JsonSchema = {
  type: 'object',
  required: ['sessionId', 'status', 'ackedSeq', 'slowDownMs'],
  properties: {
    sessionId: identifier,
    status: { enum: ['recording', 'paused', 'finished'] },
    ackedSeq: { ...seq, description: 'Every event up to it is durable.' },
    slowDownMs: { type: 'integer', description: 'Wait this long before the next batch.' },
  },
};

export const openedSchema: JsonSchema = {
  allOf: [
    stateSchema,
    {
      type: 'object',
      required: ['resumed', 'clockSkewMs', 'policy', 'limits', 'warnings'],
      properties: {
        resumed: { type: 'boolean' },
        clockSkewMs: { type: 'integer' },
        policy: { type: 'object' },
        limits: {
          type: 'object',
          properties: {
            maxBatchEvents: seq,
            maxBatchWireBytes: seq,
            maxBatchInflatedBytes: seq,
            maxEventBytes: seq,
            maxScreenshotBytes: seq,
            maxScreenshotPixels: seq,
          },
        },
        warnings,
      },
    },
  ],
};

export const batchSchema: JsonSchema = {
  type: 'object',
  required: ['firstSeq', 'events'],
  properties: {
    firstSeq: { type: 'integer', minimum: 1 },
    events: { type: 'array', items: { type: 'object' } },
    lostBefore: { type: 'boolean', description: 'Events between the ack and firstSeq are lost for good: they are counted as missed.' },
  },
};

export const ackSchema: JsonSchema = {
  allOf: [
    stateSchema,
    {
      type: 'object',
      required: ['appended', 'duplicates', 'dropped'],
      properties: {
        appended: seq,
        duplicates: seq,
        dropped: { ...seq, description: 'Events that lost a value or key of a protected field.' },
        missing: { type: 'array', items: { type: 'string' }, description: 'SHA-256 of pictures to upload before the ack moves on.' },
        warnings,
      },
    },
  ],
};

export const markSchema: JsonSchema = {
  type: 'object',
  required: ['lastSeq'],
  properties: {
    lastSeq: { ...seq, description: "Seq of the agent's last event." },
    abandon: { type: 'boolean', description: 'Events that have not arrived never will; the guide counts them as missed.' },
  },
};

export const screenshotSchema: JsonSchema = {
  type: 'object',
  required: ['sha256', 'stored'],
  properties: {
    sha256: { type: 'string' },
    stored: { enum: ['now', 'before'] },
    mediaType: { type: 'string' },
    width: { type: 'integer' },
    height: { type: 'integer' },
  },
};
