import type { Recognizer } from './recognizer.ts';
import { connectionString, urlSecret } from './recognizers/address-secret.ts';
import { card, cardCode } from './recognizers/card.ts';
import { email } from './recognizers/email.ts';
import { iban } from './recognizers/iban.ts';
import { ipv4, ipv6 } from './recognizers/ip.ts';
import { mac } from './recognizers/mac.ts';
import { nationalId } from './recognizers/national-id.ts';
import { oneTimeCode, spokenPassword, writtenPassword } from './recognizers/password.ts';
import { phone } from './recognizers/phone.ts';
import { issuedToken, jwt, namedSecret, privateKey } from './recognizers/token.ts';

/** Everything that is looked for. Names of people and postal addresses need a model and are not here. */
export const recognizers: readonly Recognizer[] = [
  privateKey,
  connectionString,
  urlSecret,
  issuedToken,
  jwt,
  namedSecret,
  writtenPassword,
  spokenPassword,
  oneTimeCode,
  card,
  cardCode,
  iban,
  nationalId,
  email,
  mac,
  ipv4,
  ipv6,
  phone,
];
