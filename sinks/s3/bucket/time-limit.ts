import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/**
 * Gives each request of the client so long, until the last byte of its answer is read. It stands in the handler and not in the options of `send`: with options
 * the SDK puts its middleware together anew for every request, a fifth of the work of a small write. The timer ends with the request: those of
 * `AbortSignal.timeout` would be kept to their end, thousands of them.
 */
export function limitTime({ config }: S3Client, timeoutMs: number): void {
  const { requestHandler } = config;
  config.requestHandler = {
    destroy: () => requestHandler.destroy?.(),
    handle: async (request, options) => {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), timeoutMs).unref();
      const end = (): void => clearTimeout(timer);
      try {
        const answered = await requestHandler.handle(request, { ...options, abortSignal: limit.signal });
        const body: unknown = answered.response.body;
        if (body instanceof Readable) body.once('close', end);
        else end();
        return answered;
      } catch (error) {
        end();
        throw error;
      }
    },
  };
}
