import { freePort } from '../free-port.ts';

/** A server's image, for machines with a Docker engine. */
export interface ContainerSpec {
  readonly image: string;
  /** That it listens on inside. */
  readonly port: number;
  /** `address`: by which clients outside reach it; some servers must tell it to them. */
  readonly environment?: (address: string) => Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** Path that answers 200 once it is ready, for servers whose port takes connections before. */
  readonly readyPath?: string;
}

export interface RunningContainer {
  readonly address: string;
  stop(): Promise<void>;
}

const startsWithinMs = 300_000;

/** Starts it on a free port of this machine, fetching the image when it is missing; what is left of it goes with this process. */
export async function startContainer({ image, port, environment, command, readyPath }: ContainerSpec): Promise<RunningContainer> {
  // Only who needs it loads it: it takes half a second.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  const published = await freePort();
  // An engine that DOCKER_HOST names may stand on another machine.
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  const address = `${host === 'localhost' ? '127.0.0.1' : host}:${published}`;
  const container = new GenericContainer(image)
    .withExposedPorts({ container: port, host: published })
    .withEnvironment({ ...environment?.(address) })
    .withStartupTimeout(startsWithinMs);
  if (readyPath !== undefined) container.withWaitStrategy(Wait.forHttp(readyPath, port));
  if (command !== undefined) container.withCommand([...command]);
  const running = await container.start();
  return {
    address,
    stop: async () => {
      await running.stop();
    },
  };
}
