import { readApi, type TopologyReport } from './api.ts';
import { element, showProblem, svgElement } from './dom.ts';
import { openPage } from './frame.ts';
import { layOut, type Point } from './graph-layout.ts';

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
  tasks.replaceChildren(taskTable(report), memberTable(report));
  setTimeout(() => refresh().catch(showProblem), refreshMs);
}

function draw(report: TopologyReport): SVGElement {
  const { nodes, edges, width, height } = layOut(report.nodes);
  const lines = edges.map((points) => svgElement('path', { d: line(points) }));
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

function line(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (before === undefined) return `M${x},${y}`;
      const middle = (before.y + y) / 2;
      // Between two rows a curve, through a row straight down.
      return index % 2 === 0 ? `L${x},${y}` : `C${before.x},${middle} ${x},${middle} ${x},${y}`;
    })
    .join(' ');
}

function taskTable({ tasks: all, deadLetters, members }: TopologyReport): HTMLElement {
  const hosts = new Map(members.map(({ memberId, host }) => [memberId, host]));
  const rows = all.map(({ taskId, role, member, state, lagRecords, recordsPerSec, asyncInFlightCount, restore }) => [
    taskId,
    role,
    member ?? 'nobody',
    element('span', { class: `badge ${state}` }, stateText(state, hosts.get(member ?? ''))),
    lagRecords,
    restoreText(restore),
    role === 'active' ? recordsPerSec.toFixed(1) : '',
    asyncInFlightCount ?? '',
  ]);
  const head = ['Task', 'Role', 'Member', 'State', 'Lag (records)', 'Left to restore', 'Records/s', 'Pictures waiting'];
  return table({ label: 'Tasks', caption: `Tasks · ${deadLetters} dead letters`, head, firstNumber: 4, rows });
}

/** Of a task in another process only the place is known here: its own `/tasks` says more. */
function stateText(state: string, host: string | undefined): string {
  return state === 'elsewhere' && host !== undefined && host !== '' ? `at ${host}` : state;
}

function restoreText(restore: TopologyReport['tasks'][number]['restore']): string {
  if (restore === undefined || restore.isDone) return '';
  const { remainingCount, secondsLeft } = restore;
  const left = remainingCount.toLocaleString();
  return secondsLeft === undefined ? left : `${left}, about ${Math.ceil(secondsLeft)} s`;
}

function memberTable({ members }: TopologyReport): HTMLElement {
  const rows = members.map(({ memberId, host, activeCount, standbyCount }) => [memberId, host, activeCount, standbyCount]);
  const head = ['Member', 'Host', 'Tasks', 'Copies'];
  return table({ label: 'Members', caption: `Members of the group · ${members.length}`, head, firstNumber: 2, rows });
}

interface Table {
  readonly label: string;
  readonly caption: string;
  readonly head: readonly string[];
  /** Columns from here on are numbers. */
  readonly firstNumber: number;
  readonly rows: readonly (readonly (string | number | HTMLElement)[])[];
}

function table({ label, caption, head, firstNumber, rows }: Table): HTMLElement {
  const kind = (column: number): string | undefined => (column >= firstNumber ? 'number' : undefined);
  const titles = head.map((title, column) => element('th', { scope: 'col', class: kind(column) }, title));
  const lines = rows.map((row) => element('tr', {}, ...row.map((cell, column) => element('td', { class: kind(column) }, textOf(cell)))));
  const body = element(
    'table',
    {},
    element('caption', { class: 'quiet' }, caption),
    element('thead', {}, element('tr', {}, ...titles)),
    element('tbody', {}, ...lines),
  );
  return element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, body);
}

function textOf(cell: string | number | HTMLElement): string | HTMLElement {
  return typeof cell === 'number' ? cell.toLocaleString() : cell;
}
