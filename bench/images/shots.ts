import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A picture of a page: `page03-hover.png` is page 3, shot again with the pointer elsewhere. `first` is the shot that the others repeat. */
export interface Shot {
  readonly page: string;
  readonly variant: string;
  readonly body: Buffer;
}

/** The shots of a folder by name; what is not named like one is left out. */
export function readShots(folder: string): readonly Shot[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const [, page, variant] = /^(page\d+)-([a-z]+)\.(?:png|jpg|webp)$/.exec(name) ?? [];
      return page === undefined || variant === undefined ? [] : [{ page, variant, body: readFileSync(join(folder, name)) }];
    });
}
