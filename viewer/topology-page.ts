import { readApi, type TopologyReport } from './api.ts';
import { element, showProblem, svgElement } from './dom.ts';
import { openPage } from './frame.ts';
import { layOut, type PlacedNode } from './graph-layout.ts';

const refreshMs = 2_000;
const margin = 2;
const content = openPage('Topology');
const graph = element('div', { class: 'graph', role: 'img', 'aria-label': 'Processors and topics, as the list below' });
const tasks = element('section');
content.append(
  element('h1', {}, 'Topology'),
  element('p', { class: 'quiet' }, 'What every recording passes through, and how far each task is.'),
  graph,
  tasks,
);
refresh().catch(showProblem);

async function refresh(): Promise<void> {
  const report = await readApi<TopologyReport>('/v1/operator/topology');
  if (graph.childElementCount === 0) graph.replaceChildren(draw(report));
  tasks.replaceChildren(taskTable(report));
  setTimeout(() => refresh().catch(showProblem), refreshMs);
}

function draw(report: TopologyReport): SVGElement {
  const { nodes, edges, width, height } = layOut(report.nodes);
  const lines = edges.map(({ from, to }) => svgElement('path', { d: curve(from, to) }));
  const boxes = nodes.flatMap((node) => [
    svgElement('rect', { x: node.x, y: node.y, width: node.width, height: node.height, rx: 8, class: node.type }),
    svgElement('text', { x: node.x + node.width / 2, y: node.y + 22, 'text-anchor': 'middle' }, node.name),
    svgElement('text', { x: node.x + node.width / 2, y: node.y + 39, 'text-anchor': 'middle', class: 'small' }, node.detail),
  ]);
  // Strokes stand half outside of their boxes.
  const [fullWidth, fullHeight] = [width + 2 * margin, height + 2 * margin];
  return svgElement(
    'svg',
    { width: fullWidth, height: fullHeight, viewBox: `${-margin} ${-margin} ${fullWidth} ${fullHeight}` },
    ...lines,
    ...boxes,
  );
}

function curve(from: PlacedNode, to: PlacedNode): string {
  const [startX, startY] = [from.x + from.width / 2, from.y + from.height];
  const [endX, endY] = [to.x + to.width / 2, to.y];
  const middle = (startY + endY) / 2;
  return `M${startX},${startY} C${startX},${middle} ${endX},${middle} ${endX},${endY}`;
}

function taskTable(report: TopologyReport): HTMLElement {
  const rows = report.tasks.map((task) =>
    element(
      'tr',
      {},
      element('td', {}, task.taskId),
      element('td', {}, element('span', { class: `badge ${task.state}` }, task.state)),
      element('td', { class: 'number' }, task.lagRecords.toLocaleString()),
      element('td', { class: 'number' }, task.recordsPerSec.toFixed(1)),
      element('td', { class: 'number' }, task.asyncInFlightCount.toLocaleString()),
    ),
  );
  const head = element(
    'tr',
    {},
    ...['Task', 'State', 'Lag (records)', 'Records/s', 'Pictures waiting'].map((label, index) =>
      element('th', { scope: 'col', class: index > 1 ? 'number' : undefined }, label),
    ),
  );
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Tasks' },
    element(
      'table',
      {},
      element('caption', { class: 'quiet' }, `Tasks · ${report.deadLetters} dead letters`),
      element('thead', {}, head),
      element('tbody', {}, ...rows),
    ),
  );
}
