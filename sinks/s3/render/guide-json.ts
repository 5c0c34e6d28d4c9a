import { toGuideDocument } from '../../../schemas/guide-document.ts';
import type { Guide } from '../../../schemas/types/guide.ts';

/** guide.json (docs/guide.schema.json): equal guides are equal bytes, whatever order their fields came in. */
export function renderGuideJson(guide: Guide): Buffer {
  return Buffer.from(`${JSON.stringify(toGuideDocument(guide), undefined, 2)}\n`);
}
