import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, repositoryRoot } from '../cache-folder.ts';
import { goBinary, hasGoCommand, installGoCommand, type GoCommand } from '../go.ts';
import { runningAt, startAt, type Place, type ServerCommand } from '../place.ts';
import type { RunningService, Service, StartOptions } from '../service.ts';
import { missingCommands } from '../tools.ts';

/**
 * Prometheus 3.16.0, whose Go module counts otherwise, unless the machine has a Prometheus of its own (Debian's package: half a minute instead of many).
 * Without the service discoveries of clouds, which are most of the build.
 */
const module = { version: 'v0.316.0', tags: ['remove_all_sd'] } as const;
const server: GoCommand = { path: 'github.com/prometheus/prometheus/cmd/prometheus', ...module };
const tool: GoCommand = { path: 'github.com/prometheus/prometheus/cmd/promtool', ...module };

export const prometheusVersion = '3.16.0';
const defaultPlace = { port: 19_556, folder: 'prometheus/server' } as const;
const readyWithinMs = 30_000;

export interface PrometheusOptions extends StartOptions {
  /** `host:port` of what is asked for /metrics. Default: the admin port of a process on this machine. */
  readonly targets?: readonly string[];
  /** Default 15 s. */
  readonly scrapeIntervalMs?: number;
}

/** Prometheus with the shipped alerts, on a data folder. */
export const prometheusService: Service = {
  name: 'prometheus',
  title: `Prometheus ${prometheusVersion} or the one of this machine, with the shipped alerts`,
  missingTools: () => (isInstalled() ? [] : missingCommands(['go'])),
  isInstalled,
  install: async () => {
    if (hasOwn()) return;
    for (const command of [server, tool]) installGoCommand(binaryFolder(), command);
  },
  start: (options = {}) => startPrometheus(options),
  running: (options) => runningAt(defaultPlace, options),
};

/** As `prometheusService.start`, of what is named. */
export function startPrometheus(options: PrometheusOptions): Promise<RunningService> {
  return startAt(defaultPlace, options, (place) => prepare(place, options));
}

function prepare({ port, directory }: Place, options: PrometheusOptions): ServerCommand {
  const configFile = join(directory, 'prometheus.json');
  writeFileSync(configFile, JSON.stringify(settings(options), undefined, 2));
  return {
    command: hasOwn() ? 'prometheus' : goBinary(binaryFolder(), server),
    args: [`--config.file=${configFile}`, `--storage.tsdb.path=${join(directory, 'data')}`, `--web.listen-address=127.0.0.1:${port}`],
    readyWithinMs,
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok,
  };
}

/** The program that checks settings and alerts, after `install`. */
export function promtoolBinary(): string {
  return hasOwn() ? 'promtool' : goBinary(binaryFolder(), tool);
}

/** Where the shipped settings and alerts are. */
export function prometheusFolder(): string {
  return join(repositoryRoot(), 'services', 'prometheus');
}

/** JSON is YAML. */
function settings({ targets = ['127.0.0.1:4281'], scrapeIntervalMs = 15_000 }: PrometheusOptions): object {
  return {
    global: {
      scrape_interval: `${scrapeIntervalMs}ms`,
      scrape_timeout: `${scrapeIntervalMs}ms`,
      evaluation_interval: `${scrapeIntervalMs}ms`,
    },
    rule_files: [join(prometheusFolder(), 'alerts.yml')],
    scrape_configs: [{ job_name: 'stepwright', static_configs: [{ targets }] }],
  };
}

function hasOwn(): boolean {
  return missingCommands(['prometheus', 'promtool']).length === 0;
}

function isInstalled(): boolean {
  return hasOwn() || [server, tool].every((command) => hasGoCommand(binaryFolder(), command));
}

function binaryFolder(): string {
  return cacheFolder(join('prometheus', 'bin'));
}
