/** snappyjs brings no types; what is used of it. */
declare module 'snappyjs' {
  export function compress(plain: Uint8Array): Uint8Array;
  export function uncompress(packed: Uint8Array): Uint8Array;
}
