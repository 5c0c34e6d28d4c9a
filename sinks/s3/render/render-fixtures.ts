import { deflateSync, crc32 } from 'node:zlib';
import type { Guide, GuideStep } from '../../../schemas/types/guide.ts';
import type { InlineImage } from './guide-html.ts';

/** A guide with one step of each look, for golden files and for looking at. */
export const sampleGuide: Guide = {
  schemaVersion: 1,
  guideId: 'g-7f3a',
  tenantId: 'acme',
  sessionId: 's-1',
  revision: { ordinal: 40, timer: 0, final: true },
  title: 'How to invite a person in Workspace settings',
  summary: 'Open the settings, add the e-mail address and send the invitation.',
  missedEvents: 2,
  durationMs: 83_400,
  redactions: [{ kind: 'e-mail', count: 2 }],
  warnings: ['The clock of the recording computer was 3 hours off.'],
  steps: [
    step(1, { kind: 'navigate', title: 'Go to Workspace settings', target: { name: '', role: 'generic' } }),
    step(2, {
      title: 'Click Invite people in Workspace settings',
      target: { name: 'Invite people', role: 'button' },
      image: {
        imageId: 'i1',
        fullKey: 'images/acme/i1-full.png',
        thumbnailKey: 'images/acme/i1-thumb.png',
        annotatedKey: 'images/acme/i1-annotated.png',
        width: 320,
        height: 180,
        click: { x: 250, y: 40 },
        highlight: { x: 215, y: 28, width: 70, height: 24 },
      },
    }),
    step(3, {
      kind: 'type',
      title: 'Type [e-mail] into E-mail address',
      target: { name: 'E-mail address', role: 'textbox' },
      value: '[e-mail]',
    }),
    step(4, {
      kind: 'shortcut',
      title: 'Press Control+Enter',
      target: { name: '', role: 'generic' },
      value: 'Control+Enter',
      description: 'This sends the form.',
    }),
  ],
};

export const sampleImages: ReadonlyMap<string, InlineImage> = new Map([
  ['images/acme/i1-full.png', { body: greyPng(320, 180), contentType: 'image/png' }],
]);

function step(order: number, change: Partial<GuideStep>): GuideStep {
  return {
    order,
    stepId: `step-${order}`,
    kind: 'click',
    title: '',
    description: '',
    target: { name: '', role: 'button' },
    page: { url: 'https://app.example.org/settings?tab=people', title: 'Workspace settings' },
    atMs: order * 9_500,
    ...change,
  };
}

/** A flat picture; stored, not compressed, so that every zlib gives the same bytes. */
function greyPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height, 0xdd);
  for (let row = 0; row < height; row++) rows[row * (width + 1)] = 0;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 0 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), body]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(body.length, 0);
  frame.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
}
