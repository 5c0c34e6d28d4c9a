/** What a key of the state topic stands for: the state of a session, or the position of a partition. */
export interface JournalKey {
  /** Written by this gateway. */
  readonly isOwn: boolean;
  readonly scope?: string;
  readonly partition?: number;
}

export interface JournalKeys {
  ofState(scope: string): string;
  ofPosition(partition: number): string;
  parse(key: string): JournalKey;
}

const positionPrefix = '#position/';

/**
 * Keys of the state topic. A gateway that is alone writes `tenant/session` and `#position/N`; one of several writes the same behind `@id/`. No tenant's name
 * begins with either sign.
 */
export function journalKeys(gatewayId: string | undefined): JournalKeys {
  const prefix = gatewayId === undefined ? '' : `@${gatewayId}/`;
  return {
    ofState: (scope) => prefix + scope,
    ofPosition: (partition) => `${prefix}${positionPrefix}${partition}`,
    parse: (key) => {
      const writerEnd = key.startsWith('@') ? key.indexOf('/') + 1 : 0;
      const isOwn = key.slice(0, writerEnd) === prefix;
      const rest = key.slice(writerEnd);
      return rest.startsWith(positionPrefix) ? { isOwn, partition: Number(rest.slice(positionPrefix.length)) } : { isOwn, scope: rest };
    },
  };
}
