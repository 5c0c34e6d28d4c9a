import type { Rect } from '../../../../schemas/types/capture-event.ts';
import type { ErrorCode } from '../../../../topology/base/error-codes.ts';
import type { Disposition } from '../../../../topology/base/errors.ts';
import type { DerivedImages, DeriveOptions, ImageFingerprint } from '../../../ports/image-tools.ts';

/** What the picture process is asked. Structured clones: pictures travel as bytes. */
export type PictureRequest =
  | { readonly id: number; readonly work: 'fingerprint'; readonly image: Uint8Array; readonly masks: readonly Rect[] }
  | { readonly id: number; readonly work: 'derive'; readonly image: Uint8Array; readonly options: DeriveOptions };

export interface PictureFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly disposition: Disposition;
}

export type PictureAnswer =
  | { readonly id: number; readonly fingerprint: ImageFingerprint }
  | { readonly id: number; readonly derived: DerivedImages }
  | { readonly id: number; readonly failure: PictureFailure };
