export interface ImageHeader {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

/**
 * Kind and size from the first structures of the file, nothing decoded: what a pixel bomb says of itself is known before anybody
 * allocates for it. `undefined` when it is none of the three or its structure is broken.
 */
export function readImageHeader(bytes: Buffer): ImageHeader | undefined {
  const header = readPng(bytes) ?? readJpeg(bytes) ?? readWebp(bytes);
  return header !== undefined && header.width > 0 && header.height > 0 ? header : undefined;
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** PNG 3rd edition §5.2, §11.2.1: the signature, then an IHDR of 13 bytes. */
function readPng(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 45 || !bytes.subarray(0, 8).equals(pngSignature)) return undefined;
  if (bytes.readUInt32BE(8) !== 13 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const colorTypes = [0, 2, 3, 4, 6];
  if (!colorTypes.includes(bytes.readUInt8(25)) || ![1, 2, 4, 8, 16].includes(bytes.readUInt8(24))) return undefined;
  return { mediaType: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** ITU T.81 annex B: markers with lengths up to the frame header (SOF0–SOF15 without DHT, JPG, DAC). */
function readJpeg(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 20 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let at = 2;
  while (at + 9 <= bytes.length && bytes.readUInt8(at) === 0xff) {
    const marker = bytes.readUInt8(at + 1);
    if (isFrame(marker)) return { mediaType: 'image/jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    if (endsHeaders(marker)) return undefined;
    at += segmentBytes(bytes, at, marker);
  }
  return undefined;
}

/** Start of scan, end of image, or no marker at all. */
function endsHeaders(marker: number): boolean {
  return marker === 0xda || marker === 0xd9 || marker === 0x00;
}

/** A fill byte, a marker without parameters, or a segment with its length. */
function segmentBytes(bytes: Buffer, at: number, marker: number): number {
  if (marker === 0xff) return 1;
  const isBare = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
  return isBare ? 2 : 2 + Math.max(2, bytes.readUInt16BE(at + 2));
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** RFC 9649 §2: a RIFF file whose first chunk is VP8, VP8L or VP8X. */
function readWebp(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') return undefined;
  const mediaType = 'image/webp';
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { mediaType, width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      if (bytes.readUInt8(20) !== 0x2f) return undefined;
      const packed = bytes.readUInt32LE(21);
      return { mediaType, width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      if (bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined;
      return { mediaType, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    default:
      return undefined;
  }
}
