/**
 * What can be found in text, strongest claim first: where two findings overlap, the union is masked under the kind that stands earlier here.
 * The words are the vocabulary of `Policy.redact`, of `RedactionCount.kind` and of the labels; adding one is compatible, renaming one is not.
 */
export const redactionKinds = [
  'private-key',
  'connection-string',
  'token',
  'password',
  'card',
  'iban',
  'national-id',
  'e-mail',
  'mac',
  'ip',
  'phone',
] as const;

export type RedactionKind = (typeof redactionKinds)[number];

/** What stands in the guide instead. */
export const redactionLabels: Readonly<Record<RedactionKind, string>> = {
  'private-key': '[private key]',
  'connection-string': '[connection string]',
  token: '[token]',
  password: '[password]',
  card: '[card]',
  iban: '[IBAN]',
  'national-id': '[national id]',
  'e-mail': '[e-mail]',
  mac: '[MAC address]',
  ip: '[IP address]',
  phone: '[phone]',
};

/** Kinds that no policy turns off: they open doors instead of naming people. */
const alwaysOn: readonly RedactionKind[] = ['private-key', 'password'];

/** Words of a policy that stand for several kinds, or are spelled otherwise. */
const groups: ReadonlyMap<string, readonly RedactionKind[]> = new Map<string, readonly RedactionKind[]>([
  ['all', redactionKinds],
  ['email', ['e-mail']],
  ['secret', ['private-key', 'connection-string', 'token', 'password']],
]);

/** The kinds a policy asks for, plus those that are always on. Unknown words are of a newer version and ignored. */
export function kindsOf(policyWords: readonly string[]): ReadonlySet<RedactionKind> {
  const asked = new Set<string>(policyWords.flatMap((word): readonly string[] => groups.get(word) ?? [word]));
  return new Set(redactionKinds.filter((kind) => alwaysOn.includes(kind) || asked.has(kind)));
}

/** Position in the order of claims; lower is stronger. */
export function precedenceOf(kind: RedactionKind): number {
  return redactionKinds.indexOf(kind);
}
