import type { AnalyticsKind, LakeKind, LogKind, ViewKind } from './adapters.ts';
import { isRole, roles } from './roles.ts';

interface Refused<Name extends string> {
  readonly option: Name;
  readonly problem: string;
}

/** Scheme, host and port, as a browser sends them; a wildcard is none. */
export function originRule({ allowOrigins }: { readonly allowOrigins: readonly string[] }): Refused<'allowOrigins'> | undefined {
  const wrong = allowOrigins.find((origin) => !/^[a-z][a-z0-9+.-]*:\/\/[^/?#*\s]+$/.test(origin));
  return wrong === undefined ? undefined : { option: 'allowOrigins', problem: `"${wrong}" is no origin like https://app.example.com` };
}

export function publicUrlRule({ publicUrl }: { readonly publicUrl: string | undefined }): Refused<'publicUrl'> | undefined {
  if (publicUrl === undefined) return undefined;
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.origin === publicUrl) return undefined;
  return { option: 'publicUrl', problem: `"${publicUrl}" is no address like https://guides.example.com, without a path` };
}

/** Of `start`, which has no options of a server. */
export function embeddedAnalyticsRule({ analytics }: { readonly analytics: AnalyticsKind }): Refused<'analytics'> | undefined {
  return analytics === 'clickhouse' ? { option: 'analytics', problem: 'clickhouse is for stepwright run' } : undefined;
}

interface RoleValues {
  readonly roles: readonly string[];
  readonly log: LogKind;
  readonly views: ViewKind;
  readonly brokers: readonly string[];
}

export function roleNamesRule({ roles: wanted }: Pick<RoleValues, 'roles'>): Refused<'roles'> | undefined {
  const wrong = wanted.find((name) => !isRole(name));
  if (wrong !== undefined) return { option: 'roles', problem: `"${wrong}" is none of ${roles.join(', ')}` };
  return wanted.length === 0 ? { option: 'roles', problem: `name at least one of ${roles.join(', ')}` } : undefined;
}

/** What is embedded belongs to one process, so all roles that use it must stand there. */
export function embeddedLogRule({ roles: wanted, log }: Pick<RoleValues, 'roles' | 'log'>): Refused<'log'> | undefined {
  const missing = roles.filter((role) => !wanted.includes(role));
  if (log !== 'embedded' || missing.length === 0) return undefined;
  const problem = `embedded is a folder that one process owns, and ${missing.join(' and ')} would have no way to it: leave --roles out, or say --log kafka`;
  return { option: 'log', problem };
}

export function embeddedViewsRule({ roles: wanted, views }: Pick<RoleValues, 'roles' | 'views'>): Refused<'views'> | undefined {
  const [has, lacks] = wanted.includes('gateway') ? ['gateway', 'sinks'] : ['sinks', 'gateway'];
  if (views !== 'embedded' || !wanted.includes(has) || wanted.includes(lacks)) return undefined;
  const problem = `embedded is a folder that one process owns: sinks fill it and gateway reads it, so name both here (--roles gateway,sinks), or say --views scylla`;
  return { option: 'views', problem };
}

export function lakeRule({ roles: wanted, lake }: Pick<RoleValues, 'roles'> & { readonly lake: LakeKind }): Refused<'lake'> | undefined {
  if (lake === 'off' || wanted.includes('sinks')) return undefined;
  return { option: 'lake', problem: 'is for the role sinks, which this process does not have' };
}

/** A name alone, or one with the port where the process can be asked. */
export function advertisedHostRule({
  advertisedHost: host,
}: {
  readonly advertisedHost: string | undefined;
}): Refused<'advertisedHost'> | undefined {
  if (host === undefined || /^[^\s:/]+(:\d{1,5})?$/.test(host)) return undefined;
  return { option: 'advertisedHost', problem: `"${host}" is no name like processors-1 or processors-1:4281` };
}

export function threadsRule(values: Pick<RoleValues, 'roles' | 'log'> & { readonly threads: number }): Refused<'threads'> | undefined {
  if (values.threads === 1) return undefined;
  if (!values.roles.includes('processors'))
    return { option: 'threads', problem: 'are for the role processors, which this process does not have' };
  if (values.log !== 'embedded') return undefined;
  return {
    option: 'threads',
    problem: 'need a log that each can reach by itself, and the embedded one has one owner: leave it at 1, or say --log kafka',
  };
}

export function brokersRule({ log, brokers }: Pick<RoleValues, 'log' | 'brokers'>): Refused<'brokers'> | undefined {
  if (log === 'embedded') return brokers.length === 0 ? undefined : { option: 'brokers', problem: 'belongs to --log kafka' };
  if (brokers.length === 0) return { option: 'brokers', problem: 'is needed with --log kafka: host:port,host:port' };
  const wrong = brokers.find((broker) => !/^[^\s:/]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(broker));
  return wrong === undefined ? undefined : { option: 'brokers', problem: `"${wrong}" is no host:port` };
}

export function credentialsRule(values: {
  readonly brokersUser: string | undefined;
  readonly brokersPassword: string | undefined;
}): Refused<'brokersPassword'> | undefined {
  if ((values.brokersUser === undefined) === (values.brokersPassword === undefined)) return undefined;
  return {
    option: 'brokersPassword',
    problem: values.brokersUser === undefined ? 'belongs to --brokers-user' : 'is needed with --brokers-user',
  };
}
