import { apicurioConfluentPath, apicurioService } from '../../../services/apicurio/apicurio-service.ts';
import {
  findTestService,
  ownServiceSkip,
  startOwnService,
  type FoundService,
  type OwnService,
  type TestService,
} from '../../../services/test-support/test-service.ts';

const registry: TestService = {
  service: apicurioService,
  title: 'schema registry',
  setting: 'STEPWRIGHT_TEST_REGISTRY=http://host:port/path',
  container: { image: 'apicurio/apicurio-registry:3.0.9', port: 8080, readyPath: `${apicurioConfluentPath}/subjects` },
  addressOf: (address) => `http://${address}${apicurioConfluentPath}`,
};

export type OwnRegistry = OwnService;

/** The registry that test files share; its address is a URL. */
export function findTestRegistry(url: string | undefined): Promise<FoundService> {
  return findTestService(registry, url);
}

/** Why a registry of one's own cannot be started; false when it can. */
export function ownRegistrySkip(): string | false {
  return ownServiceSkip(registry);
}

export function startOwnRegistry(): Promise<OwnRegistry> {
  return startOwnService(registry);
}
