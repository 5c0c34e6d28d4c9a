/** How pictures begin. WebP: `RIFF`, four bytes of size, `WEBP`. */
const signatures = [
  { type: 'image/png', bytes: Buffer.from('89504e470d0a1a0a', 'hex'), at: 0 },
  { type: 'image/jpeg', bytes: Buffer.from('ffd8ff', 'hex'), at: 0 },
  { type: 'image/webp', bytes: Buffer.from('WEBP'), at: 8 },
] as const;

/** What a picture's own bytes say that it is, which saves asking the store; undefined for what a page does not show. */
export function pictureType(body: Buffer): (typeof signatures)[number]['type'] | undefined {
  return signatures.find(({ bytes, at }) => body.subarray(at, at + bytes.length).equals(bytes))?.type;
}
