import type { Board } from './board.ts';
import { engineBoard } from './engine-board.ts';
import { productBoard } from './product-board.ts';

/** Every board, by the file that Grafana reads. */
export const boards: Readonly<Record<string, Board>> = {
  'engine.json': engineBoard,
  'product.json': productBoard,
};
