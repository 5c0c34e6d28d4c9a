import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StepwrightError } from '../../topology/base/errors.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What a message names. */
  readonly hostFlag: string;
  readonly portFlag: string;
}

/** @throws {PORT_TAKEN} naming the port and its flag; {CONFIG_INVALID} when the host is no address of this machine. */
export function listenOn(server: Server, options: ListenOptions): Promise<{ readonly url: string; readonly port: number }> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => {
      reject(listenProblem(cause, options));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      const address = server.address();
      if (!isAddress(address)) throw new TypeError('a TCP server has an address');
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      resolve({ url: `http://${name}:${address.port}`, port: address.port });
    });
  });
}

/** Ends idle connections at once and others after their answer, at the latest after `graceMs`. */
export function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function listenProblem(cause: Error, { host, port, hostFlag, portFlag }: ListenOptions): Error {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return new StepwrightError('PORT_TAKEN', `port ${port} of ${host} is taken; choose another with ${portFlag}`, { cause });
  if (code === 'EACCES')
    return new StepwrightError('PORT_TAKEN', `port ${port} of ${host} is kept for the system; choose one above 1023 with ${portFlag}`, {
      cause,
    });
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL' || code === 'EINVAL' || code === 'EAI_AGAIN')
    return new StepwrightError('CONFIG_INVALID', `${hostFlag}: ${host} is no address of this machine`, { cause });
  return cause;
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
