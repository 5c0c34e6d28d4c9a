import { StepwrightError } from '../../topology/base/errors.ts';

/**
 * The address that a person typed after `record`: without a scheme it gets https://, on this machine http://, as nobody has certificates there.
 * @throws {CONFIG_INVALID} for what is no address of a web page.
 */
export function recordedUrl(typed: string): string {
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/i.test(typed);
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `${isLocal ? 'http' : 'https'}://${typed}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url === undefined || url.hostname === '' || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new StepwrightError(
      'CONFIG_INVALID',
      `record: "${typed}" is not the address of a web page: stepwright record https://example.com`,
    );
  return url.href;
}
