import { matches, type Recognizer } from '../recognizer.ts';

const passwordWord =
  '(?:pass ?word|pass ?phrase|pass ?code|passwd|pwd|pass|pin(?: code)?|kennwort|passwort|mot de passe|mdp|contraseña|clave|senha|wachtwoord|lösenord|salasana|hasło|parola|пароль|密码|パスワード)';
const written = new RegExp(
  `(?<![\\p{L}\\p{N}])["']?${passwordWord}["']?(?: is)?\\s{0,2}(?:[:=]|=>)\\s{0,2}["'\`]?([^\\s"'\`,;<>]{3,128})`,
  'giu',
);
const quoted = new RegExp(`(?<![\\p{L}\\p{N}])["']?${passwordWord}["']?\\s{0,2}(?:[:=]|=>)\\s{0,2}["']([^"'\\n]{3,128})["']`, 'giu');
const spoken = new RegExp(`(?<![\\p{L}\\p{N}_])${passwordWord} is ["'\`]?([^\\s"'\`,;<>]{4,128})`, 'giu');

/** What stands after "Password:" in an interface that shows none. */
const prompt =
  /^(?:required|optional|must|should|is|are|was|not?|none|empty|hidden|masked|show|hide|hint|reset|forgot(?:ten)?|changed?|expire[sd]?|updated?|saved|set|unset|enabled|disabled|weak|medium|fair|good|strong|very|too|invalid|incorrect|wrong|missing|correct|valid|min(?:imum)?|max(?:imum)?|at|enter|type|choose|please|your|the|confirm(?:ed)?|new|old|current|never|yes|no|on|off|true|false|null|undefined|protected|policy|length|field|input|text|string|only|and|or|with)\.?$/i;
/** Dots, stars, a mask of this or another tool. */
const masked = /^(?:[*•●·.xX_-]+|\[.*|\{.*|\$\{.*|%\w+%|<.*)$/;

/** `password: …`: the word that follows, unless it is part of a prompt. */
export const writtenPassword: Recognizer = {
  name: 'written password',
  kind: 'password',
  mayHold: (traits) => traits.hasColon || traits.hasEquals,
  *find(text) {
    yield* matches(text, quoted, (match) => !isPlaceholder(match[1] ?? ''));
    yield* matches(text, written, (match) => isPassword(match[1] ?? '', match[0], text.slice(match.index + match[0].length)));
  },
};

/** "the password is …", only for what no sentence would have there. */
export const spokenPassword: Recognizer = {
  name: 'spoken password',
  kind: 'password',
  mayHold: (traits) => traits.digitCount >= 1,
  find: (text) =>
    matches(
      text,
      spoken,
      (match) => /\d/.test(match[1] ?? '') && /\p{L}/u.test(match[1] ?? '') && !/^\d+(?:st|nd|rd|th)$/.test(match[1] ?? ''),
    ),
};

/** The name of a variable, or what documentation has there. */
const placeholder =
  /^(?:process\.env\b|import\.meta\b|your?[-_ ]|my[-_](?:pass|secret)|example|<\w+>$|\w*_(?:PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|KEY)$)/i;

function isPlaceholder(value: string): boolean {
  return prompt.test(value.split(/\s/)[0] ?? '') || masked.test(value) || placeholder.test(value);
}

function isPassword(value: string, whole: string, after: string): boolean {
  if (isPlaceholder(value) || (/^["']?pass\b/i.test(whole) && /^\d+%?$/.test(value))) return false;
  const goesOn = /^[ ,]+\p{L}/u.test(after);
  // "Password: enter it twice", "Password: 12-64 characters"
  return !(goesOn && /^(?:\p{Lu}?\p{Ll}+|\d+(?:-\d+)?\+?)$/u.test(value));
}

const codeWord =
  '(?:(?:verification|security|confirmation|one[- ]time|login|sign[- ]in|access|authentication|2fa|otp|mfa|sms)[ -]?(?:pass)?codes?|one[- ]time (?:password|pin)|otp|passcode|tan|bestätigungscode|code de vérification|código de verificación)';
const oneTime = new RegExp(
  `(?<![\\p{L}\\p{N}])${codeWord}(?: (?:is|ist|est|es))?[:= #]{0,3}((?:[A-Z]-)?\\d{3}[ -]?\\d{3,5}|\\d{4,8})(?![\\p{L}\\p{N}]|[.,]\\d)`,
  'giu',
);
const oneTimeLast = /(?<![\p{L}\p{N}.,-])(\d{3}[ -]?\d{3}|\d{4,8}) is your [\p{L}\p{N} ]{0,40}code/giu;

/** One-time codes where a word says so. */
export const oneTimeCode: Recognizer = {
  name: 'one-time code',
  kind: 'password',
  mayHold: (traits) => traits.digitCount >= 4,
  *find(text) {
    yield* matches(text, oneTime);
    yield* matches(text, oneTimeLast);
  },
};
