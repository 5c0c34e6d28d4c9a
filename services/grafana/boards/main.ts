import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../cache-folder.ts';
import { boards } from './boards.ts';
import { renderBoard } from './render.ts';

for (const [file, board] of Object.entries(boards)) {
  writeFileSync(join(repositoryRoot(), 'services', 'grafana', 'dashboards', file), renderBoard(board));
  console.log(`services/grafana/dashboards/${file}`);
}
