/** A real server that tests and benches may need, started without Docker. One folder a service; `catalog.ts` lists them. */
export interface Service {
  readonly name: string;
  /** One line for `status`: what it is and in which version. */
  readonly title: string;
  /** What must be on the machine, in words, when `missingTools` is not empty. */
  missingTools(): readonly string[];
  isInstalled(): boolean;
  /** Fetches what is missing into the cache folder. Safe to repeat; an install that was cut off is done again. */
  install(): Promise<void>;
  /** Starts it in the background, or finds it running. Resolves when it answers. @throws {Error} that names the log file. */
  start(options?: StartOptions): Promise<RunningService>;
  /** The instance on the default folder, when it runs. */
  running(options?: StartOptions): RunningService | undefined;
}

export interface StartOptions {
  readonly port?: number;
  /** Holds data, log and process id. Default: a folder of the service in the cache. */
  readonly directory?: string;
}

export interface RunningService {
  /** `host:port`. */
  readonly address: string;
  readonly pid: number;
  readonly logFile: string;
  /** Asks it to end and waits for it. Data stays. */
  stop(): Promise<void>;
}
