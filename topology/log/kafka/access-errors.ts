/** What Node says of a certificate that it does not trust (OpenSSL's verification results, and names that do not fit). */
const certificateCode = /^(?:.*CERT.*|UNABLE_TO_.*|ERR_TLS_.*|EPROTO)$/;
const deepestCause = 6;

/**
 * Why a connection was refused in a way that no retry cures, found among the causes of an error: what to look at, in words. `undefined` for anything else.
 * Nothing of what was sent is in it.
 */
export function accessProblem(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; depth < deepestCause && cause instanceof Error; depth += 1) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (certificateCode.test(code))
      return `the broker's certificate is not trusted, or it does not speak TLS (${code}): check the authority's file and the port`;
    if (cause.name === 'KafkaJSSASLAuthenticationError') return 'the brokers refused user, password or mechanism: check all three';
    cause = 'originalError' in cause && cause.originalError instanceof Error ? cause.originalError : cause.cause;
  }
  return undefined;
}
