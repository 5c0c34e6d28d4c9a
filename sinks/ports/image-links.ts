/** Addresses by which a browser gets a picture from where it is kept, without passing through us. */
export interface ImageLinks {
  /** Scheme, host and port of every address, for the page's content policy. */
  readonly origin: string;
  /** How long an address works after it was made. */
  readonly validMs: number;
  /** Whoever has the address can read the object until then: give it only to those who may see it. */
  linkTo(key: string): Promise<string>;
}
