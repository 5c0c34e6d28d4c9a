import { lines, type Board, type BoardRow } from './board.ts';

const now: BoardRow = {
  title: 'Now',
  panels: [
    lines({
      title: 'Watchers',
      description: 'Open live pages of all gateways.',
      unit: 'short',
      queries: [{ expr: 'sum(stepwright_gateway_live_watchers)', legend: 'watchers' }],
    }),
    lines({
      title: 'Finished guides',
      description: 'Guides that reached the object store.',
      unit: 'short',
      queries: [{ expr: 'sum(increase(stepwright_sink_applied_total{sink="guides"}[$__rate_interval]))', legend: 'guides' }],
    }),
  ],
};

export const productBoard: Board = {
  uid: 'stepwright-product',
  title: 'Stepwright: product',
  description: 'What is recorded, made and watched, of one tenant.',
  rows: [now],
  hasTenant: true,
};
