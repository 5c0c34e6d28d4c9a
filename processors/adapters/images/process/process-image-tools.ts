import { StepwrightError, hasCode } from '../../../../topology/base/errors.ts';
import type { ImageTools } from '../../../ports/image-tools.ts';
import { transformVersion } from '../image-tools.ts';
import { PictureChildClient, type PictureWork } from './picture-child-client.ts';
import type { PictureAnswer } from './picture-protocol.ts';

export interface ProcessImageToolsOptions {
  /** Pictures in work at a time. */
  readonly concurrencyCount: number;
}

export interface ProcessImageTools extends ImageTools {
  /** Of the running picture process; undefined before the first picture. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

/**
 * The image tools in a process of their own. There the pixels' loops block no record, ack or read; encoders have a thread pool that files and the store
 * do not wait for; a low priority gives pictures what the rest leaves of the cores; and a decoder that dies takes nothing along. A picture in work
 * when the process ends is tried once more, alone: if that ends too, it was the picture. @throws {IMAGE_INVALID} then.
 */
export function createProcessImageTools({ concurrencyCount }: ProcessImageToolsOptions): ProcessImageTools {
  let client = new PictureChildClient(concurrencyCount);
  let isClosed = false;
  const alone = new Set<PictureChildClient>();

  async function call(work: PictureWork): Promise<PictureAnswer> {
    if (client.isDead && !isClosed) client = new PictureChildClient(concurrencyCount);
    try {
      return await client.call(work);
    } catch (error) {
      if (isClosed || !hasCode(error, 'IMAGE_FAILED')) throw error;
      return callAlone(work);
    }
  }

  async function callAlone(work: PictureWork): Promise<PictureAnswer> {
    const own = new PictureChildClient(1);
    alone.add(own);
    try {
      return await own.call(work);
    } catch (error) {
      if (isClosed || !hasCode(error, 'IMAGE_FAILED')) throw error;
      throw new StepwrightError('IMAGE_INVALID', 'A screenshot ended the process that decodes it, twice.', { disposition: 'dead-letter' });
    } finally {
      alone.delete(own);
      await own.close();
    }
  }

  return {
    transformVersion,
    get pid() {
      return client.pid;
    },
    fingerprint: async (image, masks) => {
      const answer = checked(await call({ work: 'fingerprint', image, masks }));
      if (!('fingerprint' in answer)) throw mismatch();
      const { tiles, ...fingerprint } = answer.fingerprint;
      return { ...fingerprint, tiles: bufferOf(tiles) };
    },
    derive: async (image, options) => {
      const answer = checked(await call({ work: 'derive', image, options }));
      if (!('derived' in answer)) throw mismatch();
      const { full, thumbnail, crop, annotated } = answer.derived;
      return {
        full: withBuffer(full),
        thumbnail: withBuffer(thumbnail),
        ...(crop === undefined ? {} : { crop: withBuffer(crop) }),
        ...(annotated === undefined ? {} : { annotated: withBuffer(annotated) }),
      };
    },
    close: async () => {
      isClosed = true;
      await Promise.all([client, ...alone].map((one) => one.close()));
    },
  };
}

type Answered = Exclude<PictureAnswer, { readonly failure: unknown }>;

function checked(answer: PictureAnswer): Answered {
  if (!('failure' in answer)) return answer;
  const { code, message, disposition } = answer.failure;
  throw new StepwrightError(code, message, { disposition });
}

function mismatch(): StepwrightError {
  return new StepwrightError('IMAGE_FAILED', 'The picture process answered something else than it was asked.');
}

function withBuffer<Picture extends { readonly body: Uint8Array }>(picture: Picture): Omit<Picture, 'body'> & { readonly body: Buffer } {
  return { ...picture, body: bufferOf(picture.body) };
}

/** A structured clone of a Buffer need not be one. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
