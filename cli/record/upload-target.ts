import { UploadStopped, type Uploader } from '../../agent/sdk/uploader.ts';
import { StepwrightError } from '../../topology/base/errors.ts';
import type { RecordingTarget } from './browser-recorder.ts';

/** Hands a recording to an upload of a new session, which counts its events as the recorder does: from 1, in order. */
export function createUploadTarget(uploader: Uploader): RecordingTarget {
  const pictures = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    screenshot: (sha256, png) => void pictures.set(sha256, new Uint8Array(png)),
    event: ({ seq: _counted, ...event }) => {
      // The end is told by `finish()`, once everything has arrived.
      if (event.kind === 'session.finished') return;
      const sha256 = event.screenshot?.sha256 ?? '';
      uploader.record(event, pictures.get(sha256));
      pictures.delete(sha256);
    },
  };
}

/** The upload's end as an error of the platform, with the code of docs/api.md. */
export function uploadError(error: unknown, server: string): unknown {
  if (!(error instanceof UploadStopped)) return error;
  const hint = error.code === 'UNAUTHENTICATED' ? '; give a key with --token' : '';
  return new StepwrightError('UPLOAD_STOPPED', `${server} takes no more of this recording: ${error.message} (${error.code})${hint}`, {
    cause: error,
  });
}
