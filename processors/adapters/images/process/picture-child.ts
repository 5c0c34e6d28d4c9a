import { StepwrightError } from '../../../../topology/base/errors.ts';
import { createImageTools } from '../image-tools.ts';
import type { PictureAnswer, PictureFailure, PictureRequest } from './picture-protocol.ts';

/**
 * The picture process: decoders and encoders behind a thread pool of their own. Ends with the process that started it. Argument: pictures at a time.
 */
const tools = createImageTools({ concurrencyCount: Number(process.argv[2] ?? 2) });

process.on('disconnect', () => process.exit(0));
process.on('message', (request: PictureRequest) => {
  void answerTo(request).then((answer) => {
    if (process.connected) process.send?.(answer);
  });
});

async function answerTo(request: PictureRequest): Promise<PictureAnswer> {
  const { id, image } = request;
  const body = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  try {
    if (request.work === 'fingerprint') return { id, fingerprint: await tools.fingerprint(body, request.masks) };
    return { id, derived: await tools.derive(body, request.options) };
  } catch (error) {
    return { id, failure: failureOf(error) };
  }
}

function failureOf(error: unknown): PictureFailure {
  if (error instanceof StepwrightError) return { code: error.code, message: error.message, disposition: error.disposition };
  return { code: 'IMAGE_FAILED', message: error instanceof Error ? error.message : 'unknown', disposition: 'fatal' };
}
