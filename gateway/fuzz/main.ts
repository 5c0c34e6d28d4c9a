import { createGatewayForFuzz } from './gateway-for-fuzz.ts';
import { runFuzz } from './run-fuzz.ts';

/** `npm run fuzz [-- requests seed]`: prints the report as JSON; exit 1 on a fault or when the heap grew by more than 16 MiB. */
const requests = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const maxGrowthBytes = 16 * 1024 * 1024;

const under = await createGatewayForFuzz();
const { url } = await under.gateway.start();
const report = await runFuzz(under, url, { requests, seed });
await under.gateway.close();
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
const grew = report.heapEndBytes - report.heapStartBytes > maxGrowthBytes;
process.exit(report.faults.length > 0 || report.unanswered > 0 || grew ? 1 : 0);
