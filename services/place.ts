import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findRunning, startInBackground, type BackgroundCommand } from './background-process.ts';
import { cacheFolder } from './cache-folder.ts';
import { whileHolding } from './folder-lock.ts';
import type { RunningService, StartOptions } from './service.ts';

/** A port, and a folder for data, log and process id. One server runs in it. */
export type Place = Required<StartOptions>;

/** How a server is started, its place aside. */
export type ServerCommand = Omit<BackgroundCommand, keyof Place>;

/** A service's place where `StartOptions` say nothing else. */
export interface DefaultPlace {
  readonly port: number;
  /** Within the cache. */
  readonly folder: string;
}

/** The server that runs in the place. */
export function runningAt(defaults: DefaultPlace, options: StartOptions = {}): RunningService | undefined {
  return findRunning(placeOf(defaults, options).directory);
}

/** Finds the server running in the place, or waits until another has started it there; else makes the folder, lets `prepare` write into it what the server reads, and starts it. */
export async function startAt(
  defaults: DefaultPlace,
  options: StartOptions,
  prepare: (place: Place) => ServerCommand,
): Promise<RunningService> {
  const place = placeOf(defaults, options);
  mkdirSync(place.directory, { recursive: true });
  return whileHolding(
    join(place.directory, 'starting.lock'),
    async () => findRunning(place.directory) ?? startInBackground({ ...prepare(place), ...place }),
  );
}

function placeOf({ port, folder }: DefaultPlace, options: StartOptions): Place {
  return { port: options.port ?? port, directory: options.directory ?? cacheFolder(folder) };
}
