import { StepwrightError } from '../../topology/base/errors.ts';
import { compatibilityProblems } from './compatibility.ts';
import type { RegisteredSchema } from './schema-registry.ts';

/** @throws {SCHEMA_INCOMPATIBLE} with the first problem when `schemaText` could not read data of one of `versions`. */
export function assertReadsAll(subject: string, schemaText: string, versions: readonly RegisteredSchema[]): void {
  for (const version of versions) {
    const problems = compatibilityProblems(schemaText, version.schemaText);
    if (problems.length === 0) continue;
    throw new StepwrightError(
      'SCHEMA_INCOMPATIBLE',
      `${subject}: cannot read what was written with schema ${version.id}: ${problems.join('; ')}. Give added fields a default and keep enum symbols.`,
      { context: { subject, olderId: version.id, problemCount: problems.length } },
    );
  }
}
