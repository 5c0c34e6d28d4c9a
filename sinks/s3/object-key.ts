import { StepwrightError } from '../../topology/base/errors.ts';

/** Keys are portable to S3 and to any file system: few characters, bounded lengths, no way up. */
export const maxSegmentLength = 120;
export const maxKeyLength = 900;

const segmentShape = /^[A-Za-z0-9._=-]+$/;

/**
 * Answers the segments of a key.
 * @throws {OBJECT_KEY_INVALID} when the key is empty, too long, has an empty or relative segment or a character outside `[A-Za-z0-9._=-]`.
 */
export function keySegments(key: string): readonly string[] {
  const segments = key.split('/');
  const problem =
    key.length > maxKeyLength
      ? `is longer than ${maxKeyLength} characters`
      : segments.map(segmentProblem).find((found) => found !== undefined);
  if (problem !== undefined) throw invalidKey(problem, key.length);
  return segments;
}

/**
 * Checks the prefix of a listing, which may end inside a segment.
 * @throws {OBJECT_KEY_INVALID} when no valid key can begin with it.
 */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  const segments = prefix.split('/');
  const last = segments.pop();
  const problem = segments.map(segmentProblem).find((found) => found !== undefined) ?? (last ? characterProblem(last) : undefined);
  if (problem !== undefined) throw invalidKey(problem, prefix.length);
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment';
  if (segment === '.' || segment === '..') return 'has a relative segment';
  if (segment.length > maxSegmentLength) return `has a segment longer than ${maxSegmentLength} characters`;
  return characterProblem(segment);
}

function characterProblem(segment: string): string | undefined {
  return segmentShape.test(segment) ? undefined : 'has a character outside [A-Za-z0-9._=-]';
}

function invalidKey(problem: string, length: number): StepwrightError {
  return new StepwrightError('OBJECT_KEY_INVALID', `Object key ${problem}; a key is segments of [A-Za-z0-9._=-] joined by "/".`, {
    disposition: 'dead-letter',
    context: { length },
  });
}
