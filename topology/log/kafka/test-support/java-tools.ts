import { spawn } from 'node:child_process';
import { kafkaClassPath, kafkaService } from '../../../../services/kafka/kafka-service.ts';

/** Why Kafka's own tools cannot be run here; false when they can. */
export function javaToolsSkip(): string | false {
  return kafkaService.isInstalled() ? false : 'no Kafka tools: run `npm run services -- up kafka` once';
}

/** Runs one of Kafka's command line tools and answers the lines it printed. @throws {Error} with its last words when it fails. */
export async function runJavaTool(className: string, args: readonly string[], input = ''): Promise<readonly string[]> {
  const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', kafkaClassPath(), className];
  const child = spawn('java', [...java, ...args], { stdio: 'pipe' });
  const printed: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (complaints += String(chunk)));
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${className} ended with ${String(status)}: ${complaints.slice(-1_000)}`);
  return Buffer.concat(printed).toString().trim().split('\n');
}

/** What Java's console consumer sees of a topic at read-committed: at most `count` lines, as `format` says. */
export function consumeWithJava(
  address: string,
  topics: string,
  { count, format = [] }: { readonly count: number; readonly format?: readonly string[] },
): Promise<readonly string[]> {
  const properties = format.flatMap((property) => ['--formatter-property', property]);
  return runJavaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', address, '--include', topics, '--from-beginning', '--isolation-level', 'read_committed'],
    ...['--max-messages', String(count), '--timeout-ms', '6000', ...properties],
  ]);
}
