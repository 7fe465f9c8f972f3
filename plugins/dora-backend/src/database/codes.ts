import {
  ChangeRow,
  DeploymentAttempt,
  DeploymentKind,
} from '@pavedroad/plugin-dora-common';

/*
 * Small numbers that stand for words in the database. Never reuse one.
 */

export const KIND_CODE: Record<DeploymentKind, number> = {
  change: 1,
  redeploy: 2,
  rollback: 3,
};
export const KIND_OF_CODE = invert(KIND_CODE);

export const ATTEMPT_CODE: Record<DeploymentAttempt['status'], number> = {
  succeeded: 1,
  failed: 2,
  unfinished: 3,
};

export const EXCLUDED_CODE: Record<
  NonNullable<ChangeRow['excluded']>,
  number
> = {
  first_deployment: 1,
  negative_total_time: 2,
  bot: 3,
};
export const EXCLUDED_OF_CODE = invert(EXCLUDED_CODE);

function invert<T extends string>(codes: Record<T, number>): Map<number, T> {
  return new Map(
    (Object.entries(codes) as [T, number][]).map(([name, code]) => [
      code,
      name,
    ]),
  );
}
