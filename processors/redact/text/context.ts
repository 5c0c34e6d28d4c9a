/**
 * Words near a finding that speak for or against it. Whole words only ("lic" is not in "public").
 * A word that was cut off by the window's edge does not count.
 */
export interface Nearby {
  /** The text up to 32 characters before, lower case. */
  readonly before: string;
  /** Up to 16 after. */
  readonly after: string;
}

export function nearby(text: string, start: number, end: number): Nearby {
  return { before: text.slice(Math.max(0, start - 32), start).toLowerCase(), after: text.slice(end, end + 16).toLowerCase() };
}

/** A pattern of whole words. Letters of any script bound a word, so it works for accented words, where `\b` does not. */
export function words(...alternatives: readonly string[]): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join('|')})(?![\\p{L}\\p{N}])`, 'u');
}

/** Where the last of the words begins, or -1. */
export function lastIndex(text: string, pattern: RegExp): number {
  let last = -1;
  for (const match of text.matchAll(new RegExp(pattern.source, 'gu'))) last = match.index;
  return last;
}

/** Numbers that name a thing, not a person. */
export const thingWords = words(
  'order',
  'orders',
  'invoice',
  'inv',
  'receipt',
  'ref',
  'reference',
  'sku',
  'upc',
  'ean',
  'gtin',
  'isbn',
  'issn',
  'doi',
  'part',
  'model',
  'item',
  'article',
  'product',
  'batch',
  'lot',
  'serial',
  'ticket',
  'case',
  'issue',
  'bug',
  'build',
  'version',
  'release',
  'revision',
  'commit',
  'tracking',
  'shipment',
  'parcel',
  'po',
  'rma',
  'asset',
  'row',
  'rows',
  'page',
  'line',
  'job',
  'task',
  'run',
  'id',
  'uuid',
  'hash',
  'checksum',
  'total',
  'amount',
  'price',
  'sum',
  'balance',
  'bestellung',
  'rechnung',
  'auftrag',
  'commande',
  'facture',
  'pedido',
  'factura',
  'ordine',
);

/** Numbers that are dialled. */
export const phoneWords = words(
  'phones?',
  'telephone',
  'tel',
  'mobile',
  'cell',
  'cellphone',
  'fax',
  'dial',
  'sms',
  'whatsapp',
  'hotline',
  'helpline',
  'landline',
  'telefon',
  'telefonnummer',
  'mobil',
  'handy',
  'rufnummer',
  'téléphone',
  'tél',
  'portable',
  'appelez',
  'teléfono',
  'móvil',
  'llame',
  'telefono',
  'cellulare',
  'telefone',
  'celular',
  'telefoon',
  'mobiel',
  'puhelin',
  'тел',
  'телефон',
  '电话',
  '電話',
);
