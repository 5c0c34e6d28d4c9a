import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, copyFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { runCommand } from '../../cli/commands/run.ts';
import { packageVersion } from '../../cli/version.ts';
import { repositoryRoot } from '../cache-folder.ts';
import { apicurioService } from '../apicurio/apicurio-service.ts';
import { brokerProperties } from '../kafka/broker-properties.ts';
import { kafkaService } from '../kafka/kafka-service.ts';
import { prometheusVersion } from '../prometheus/prometheus-service.ts';
import {
  environmentOf,
  fileOfRepository,
  readComposeFile,
  requiredVariables,
  stepwrightServices,
  type ComposeService,
} from '../test-support/compose-file.ts';
import { versitygwService } from '../versitygw/versitygw-service.ts';

const root = repositoryRoot();
const text = fileOfRepository('docker-compose.yml');
const file = readComposeFile();
const services = Object.entries(file.services);
const roles = stepwrightServices(file);
const adminPort = 4281;

function serviceOf(name: string): ComposeService {
  const service = file.services[name];
  assert.ok(service !== undefined, name);
  return service;
}

function partsOf(mount: string): readonly [source: string, target: string] {
  const [source = '', target = ''] = mount.split(':');
  return [source, target];
}

describe('docker-compose.yml', () => {
  test('every option and variable of every role is one that the program takes, together', () => {
    assert.deepEqual(
      roles.map(([name]) => name),
      ['gateway', 'processors-1', 'processors-2', 'sinks'],
    );
    for (const [name, service] of roles) {
      const { command = [] } = service;
      assert.equal(command[0], 'run', name);
      runCommand.check({ args: command.slice(1), env: environmentOf(service) });
    }
  });

  test('the lake is off until somebody turns it on, in the process of the sinks', () => {
    const { command = [], ...sinks } = serviceOf('sinks');
    const lakeOf = (given: Readonly<Record<string, string>>): string | undefined => environmentOf(sinks, given)['STEPWRIGHT_LAKE'];
    assert.deepEqual([lakeOf({}), lakeOf({ STEPWRIGHT_LAKE: 'on' })], ['off', 'on']);
    runCommand.check({ args: command.slice(1), env: environmentOf(sinks, { STEPWRIGHT_LAKE: 'on' }) });
    assert.throws(
      () => runCommand.check({ args: command.slice(1), env: environmentOf(sinks, { STEPWRIGHT_LAKE: 'yes' }) }),
      /STEPWRIGHT_LAKE/,
    );
    for (const [name, { environment = {} }] of roles) assert.equal(Object.hasOwn(environment, 'STEPWRIGHT_LAKE'), name === 'sinks', name);
  });

  test('the check refuses what the program would refuse', () => {
    const { command = [] } = serviceOf('sinks');
    const environment = environmentOf(serviceOf('sinks'));
    const args = command.slice(1);
    assert.throws(() => runCommand.check({ args, env: { ...environment, STEPWRIGHT_BROKER: 'kafka-1:9092' } }), /STEPWRIGHT_BROKERS/);
    assert.throws(() => runCommand.check({ args, env: { ...environment, STEPWRIGHT_VIEWS: 'embedded' } }), /--views/);
    assert.throws(() => runCommand.check({ args: [...args, '--rolls', 'sinks'], env: environment }), /--roles/);
  });

  test('every image has a version, and where services/ starts the same server, that one', () => {
    for (const [name, { image }] of services) assert.match(image, /:v?\d+\.\d+(\.\d+)+$/, name);
    const tagOf = (name: string): string => serviceOf(name).image.split(':').at(-1)?.replace(/^v/, '') ?? '';
    assert.ok(kafkaService.title.includes(tagOf('kafka-1')));
    assert.ok(versitygwService.title.includes(tagOf('s3')));
    assert.ok(apicurioService.title.includes(tagOf('registry')));
    assert.equal(tagOf('prometheus'), prometheusVersion);
    for (const [name] of roles) assert.equal(tagOf(name), packageVersion());
  });

  test('every service says when it is healthy, and one that must be awaited can be', () => {
    for (const [name, { healthcheck, restart, depends_on: needs = {} }] of services) {
      const isJob = restart === 'on-failure';
      assert.equal(healthcheck.disable === true, isJob, name);
      if (!isJob) assert.ok((healthcheck.test ?? []).length > 1, name);
      for (const [needed, { condition }] of Object.entries(needs)) {
        const expected = serviceOf(needed).restart === 'on-failure' ? 'service_completed_successfully' : 'service_healthy';
        assert.equal(condition, expected, `${name} needs ${needed}`);
      }
    }
  });

  test('roles wait for the servers that their options name', () => {
    for (const [name, { environment = {}, depends_on: needs = {}, command = [] }] of roles) {
      const named = Object.entries(environment)
        .filter(([variable]) => variable.startsWith('STEPWRIGHT_'))
        .flatMap(([, value]) => [...value.matchAll(/(?:^|\/\/|,)([a-z][a-z\d-]*):\d+/g)].map(([, host = '']) => host));
      assert.ok(named.length >= 5, name);
      for (const host of named) {
        serviceOf(host);
        // Processors touch neither views nor analytics.
        const needed = host === 'scylla' ? 'scylla-keyspace' : host;
        if (!command.includes('processors') || !['scylla', 'clickhouse'].includes(host))
          assert.ok(Object.hasOwn(needs, needed), `${name} needs ${needed}`);
      }
    }
  });

  test('ports are open on this machine only, and no two are the same', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    assert.equal(published.length, 3);
    for (const port of published) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
    assert.equal(new Set(published.map((port) => port.split(':')[1])).size, published.length);
  });

  test('what people do not reach is on a network without a way out', () => {
    assert.equal(file.networks['inside']?.internal, true);
    for (const [name, { networks, ports = [] }] of services) {
      assert.ok(networks.includes('inside'), name);
      if (ports.length === 0) assert.deepEqual(networks, ['inside'], name);
    }
  });

  test('what is mounted is there: files of the repository read-only, volumes that are declared, each for one process but the shared one', () => {
    const users = new Map<string, number>();
    for (const [name, { volumes = [] }] of services) {
      for (const mount of volumes) {
        const [source] = partsOf(mount);
        if (source.startsWith('.')) {
          assert.ok(existsSync(join(root, source)), `${name}: ${source}`);
          assert.match(mount, /:ro$/, name);
        } else users.set(source, (users.get(source) ?? 0) + 1);
      }
    }
    assert.deepEqual([...users.keys()].sort(), Object.keys(file.volumes).sort());
    for (const [volume, count] of users) assert.equal(count, volume === 'shared' ? roles.length : 1, volume);
  });

  test('roles keep their state in a volume of their own and share /data', () => {
    for (const [name, { volumes = [], environment = {} }] of roles) {
      assert.deepEqual(
        volumes.map((mount) => partsOf(mount)),
        [
          ['shared', '/data'],
          [name, '/state'],
        ],
      );
      assert.equal(environment['STEPWRIGHT_DATA'], '/data');
      assert.equal(environment['STEPWRIGHT_STATE'], '/state');
    }
  });

  test('a role has longer to stop than it takes at most', () => {
    const stopWithinMs = Number(runCommand.table['stopWithinMs']?.default);
    for (const [name, service] of roles) assert.ok(Number.parseInt(service.stop_grace_period ?? '', 10) * 1_000 > stopWithinMs, name);
  });

  test('brokers are set up as those of the tests are: three copies, two of which must have a write, records kept whatever their time', () => {
    const cluster = { nodeId: 1, voters: ['1', '2', '3'] };
    const tested = new Map(
      brokerProperties({ dataFolder: '', port: 1, controllerPort: 2, cluster })
        .split('\n')
        .map((line): [string, string] => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    );
    const durable = [...tested.keys()].filter((name) =>
      /replication|insync|isr|retention|timestamp|auto\.create|process\.roles/.test(name),
    );
    assert.ok(durable.length >= 10);
    for (const node of ['1', '2', '3']) {
      const { environment = {} } = serviceOf(`kafka-${node}`);
      const variable = (name: string): string => `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`;
      for (const name of durable) assert.equal(environment[variable(name)], tested.get(name), name);
      assert.equal(environment['KAFKA_NODE_ID'], node);
      assert.equal(environment['KAFKA_ADVERTISED_LISTENERS'], `PLAINTEXT://kafka-${node}:9092`);
      assert.ok(environment['KAFKA_CONTROLLER_QUORUM_VOTERS']?.includes(`${node}@kafka-${node}:9093`));
    }
  });

  test('Grafana starts without a way to grafana.com, and knows the plug-in that its data source needs', () => {
    const { environment = {} } = serviceOf('grafana');
    assert.equal(environment['GF_PLUGINS_PREINSTALL_SYNC'], undefined, 'a plug-in that cannot be fetched would end it');
    const sources: { datasources: readonly { type: string }[] } = parse(
      fileOfRepository('services', 'grafana', 'provisioning', 'datasources', 'stepwright.yml'),
    );
    const builtIn = ['prometheus'];
    const plugins = sources.datasources.map(({ type }) => type).filter((type) => !builtIn.includes(type));
    assert.deepEqual(
      environment['GF_PLUGINS_PREINSTALL']?.split(',').map((plugin) => plugin.split('@')[0]),
      plugins,
    );
  });

  test('Prometheus asks every role, and only those', () => {
    const {
      scrape_configs: jobs,
    }: { scrape_configs: readonly { job_name: string; static_configs: readonly { targets: readonly string[] }[] }[] } = parse(
      fileOfRepository('services', 'prometheus', 'prometheus.yml'),
    );
    const targets = jobs
      .filter(({ job_name: name }) => name === 'stepwright')
      .flatMap((job) => job.static_configs.flatMap((one) => one.targets));
    assert.deepEqual(targets.toSorted(), roles.map(([name]) => `${name}:${adminPort}`).toSorted());
    for (const [, { environment = {} }] of roles) assert.equal(environment['STEPWRIGHT_ADMIN_PORT'], String(adminPort));
  });
});

describe('secrets', () => {
  const folders: string[] = [];
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  function makeEnv(): { readonly folder: string; readonly run: () => { readonly status: number | null; readonly stderr: string } } {
    const folder = mkdtempSync(join(tmpdir(), 'stepwright-env-'));
    folders.push(folder);
    mkdirSync(join(folder, 'services', 'compose'), { recursive: true });
    const script = join(folder, 'services', 'compose', 'make-env.sh');
    copyFileSync(join(root, 'services', 'compose', 'make-env.sh'), script);
    return { folder, run: () => spawnSync('sh', [script], { encoding: 'utf8' }) };
  }

  test('whatever is secret has to be given: nothing starts with a password that everybody knows', () => {
    const secret = /PASSWORD|SECRET|ACCESS_KEY/;
    const values = services.flatMap(([, { environment = {} }]) => Object.entries(environment)).filter(([name]) => secret.test(name));
    assert.ok(values.length > 5);
    for (const [name, value] of values) assert.match(value, /^\$\{\w+:\?[^}]+\}$/, name);
  });

  test('make-env.sh writes every secret that is asked for, long and different, for its owner only, and never over another', () => {
    const { folder, run } = makeEnv();
    assert.equal(run().status, 0);
    const env = readFileSync(join(folder, '.env'), 'utf8');
    const pairs = env
      .trim()
      .split('\n')
      .map((line): [string, string] => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]);
    assert.deepEqual(pairs.map(([name]) => name).toSorted(), requiredVariables(text).toSorted());
    const random = pairs.filter(([name]) => name !== 'S3_ACCESS_KEY').map(([, value]) => value);
    for (const value of random) assert.match(value, /^[\da-f]{48}$/);
    assert.equal(new Set(random).size, random.length);
    assert.equal(statSync(join(folder, '.env')).mode & 0o077, 0);
    assert.notEqual(run().status, 0);
    assert.equal(readFileSync(join(folder, '.env'), 'utf8'), env);
  });

  test('.env.example names the same and gives no secret away', () => {
    const example = fileOfRepository('.env.example')
      .split('\n')
      .filter((line) => /^\w+=/.test(line));
    assert.deepEqual(example.map((line) => line.split('=')[0] ?? '').toSorted(), requiredVariables(text).toSorted());
    for (const line of example) assert.match(line, /^S3_ACCESS_KEY=stepwright$|^\w+=$/);
  });
});
