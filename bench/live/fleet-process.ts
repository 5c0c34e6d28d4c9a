import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFleet, type FleetPicture } from '../../agent/fleet/fleet.ts';
import { createKeepAliveClient } from '../../agent/fleet/keep-alive.ts';
import { pngSize } from '../../cli/record/frame-buffer.ts';
import { preciseNowMs, receiveOrder, type FleetOrder } from './child.ts';

const pictureFolder = fileURLToPath(new URL('../../../cli/demo/recording/screenshots', import.meta.url));
const pictureCount = 6;

function demoPictures(): readonly FleetPicture[] {
  return readdirSync(pictureFolder)
    .slice(0, pictureCount)
    .map((name) => {
      const png = readFileSync(join(pictureFolder, name));
      return { sha256: createHash('sha256').update(png).digest('hex'), png, ...pngSize(png) };
    });
}

receiveOrder<FleetOrder>(async ({ baseUrl, token, ...order }) => {
  const client = createKeepAliveClient(baseUrl, token);
  const pictures = order.pictureEvery === 0 ? [] : demoPictures();
  const report = await runFleet({ ...order, client, pictures, nowMs: preciseNowMs });
  client.close();
  return report;
});
