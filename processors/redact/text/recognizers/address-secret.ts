import { matches, type Recognizer } from '../recognizer.ts';
import { looksRandom } from './token.ts';

const withUserInfo = /(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/?#"'<>]{0,256}:([^\s@/"'<>]{1,256})@(?=[^\s"'<>]{1,255})/gi;
const withUser = /(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,30}:\/\/([^\s:@/?#"'<>]{1,256})@(?=[^\s"'<>]{1,255})/gi;
const pairs = /(?<![A-Za-z0-9])(?:password|pwd|accountkey|sharedaccesskey|sharedsecret)\s?=\s?([^;\s"']{2,256})(?=;|\s*$|["'])/gi;

const commandLine = /(?<![\w-])(?:-u|--user|--proxy-user)[ =]["']?[^\s:"'/]{1,128}:(?!\/\/)([^\s"']{1,256})/g;

/** The password of a connection string (`postgres://app:secret@db`, `…;Pwd=secret;`), and a user name that is a token. */
export const connectionString: Recognizer = {
  name: 'connection string',
  kind: 'connection-string',
  mayHold: (traits) => traits.hasColon || traits.hasEquals,
  *find(text) {
    yield* matches(text, withUserInfo, (match) => !/^(?:\*+|x+|\[.*\]|<.*>|password)$/i.test(match[1] ?? ''));
    yield* matches(text, commandLine);
    yield* matches(text, withUser, (match) => looksRandom(match[1] ?? ''));
    yield* matches(
      text,
      pairs,
      (match) => (text.includes(';') || /^\w*(?:key|secret)\b/i.test(match[0])) && !/^(?:\*+|•+|\[.*|\{.*|\$.*)$/.test(match[1] ?? ''),
    );
  },
};

/** Names of query parameters whose value is a secret whatever it looks like. */
const secretNames =
  'password|passwd|pwd|passphrase|secret|client_secret|access_token|refresh_token|id_token|auth_token|authtoken|token|api_?key|apikey|access_?key|jwt|sig|signature|x-amz-signature|x-amz-security-token|x-amz-credential|x-goog-signature|sessionid|session_id|sid|jsessionid|phpsessid|otp|assertion|samlresponse|code_verifier|hmac';
/** Names that also mean harmless things: only a value that looks random counts. */
const doubtfulNames = 'code|key|auth|session|ticket|nonce|state|hash|k|t|s|invite|share';
const secretParameter = new RegExp(`(?<=[?&#;])(?:${secretNames})=([^&#;\\s"'<>]{1,1024})`, 'gi');
const doubtfulParameter = new RegExp(`(?<=[?&#;])(?:${doubtfulNames})=([^&#;\\s"'<>]{16,1024})`, 'gi');
const secretPath =
  /\/(?:reset(?:[-_]password)?|password[-_]reset|verify(?:[-_]email)?|confirm(?:ation)?|magic(?:[-_]link)?|activate|unsubscribe|invite|login|token)\/([A-Za-z0-9_.~=-]{16,1024})/gi;

export const urlSecret: Recognizer = {
  name: 'URL secret',
  kind: 'token',
  mayHold: (traits) => traits.hasEquals || traits.hasSlash,
  *find(text) {
    yield* matches(
      text,
      secretParameter,
      (match) => /[A-Za-z0-9]/.test(match[1] ?? '') && !/^(?:\[.*\]|true|false|null|undefined)$/i.test(match[1] ?? ''),
    );
    yield* matches(text, doubtfulParameter, (match) => looksRandom(match[1] ?? ''));
    yield* matches(text, secretPath, (match) => looksRandom(match[1] ?? ''));
  },
};
