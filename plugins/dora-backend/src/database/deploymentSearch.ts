import { SqlValue } from './query';

/** What a reader looks for among deployments. */
export interface DeploymentSearch {
  /** A pull request's number; the only thing looked for when it was written with a `#`. */
  pullRequest?: number;
  /** Beginning of a revision or commit, part of an artifact, an author's name or a subject; any letter case. */
  text?: string;
}

/** Largest number that the column of pull requests holds. */
const MAX_PULL_REQUEST = 2_147_483_647;

/** Reads what somebody typed. `undefined` when it is nothing. */
export function parseSearch(
  typed: string | undefined,
): DeploymentSearch | undefined {
  const text = typed?.trim() ?? '';
  if (text === '') {
    return undefined;
  }
  const digits = /^[#!]?(\d{1,10})$/.exec(text)?.[1];
  const number = digits === undefined ? undefined : Number(digits);
  const pullRequest =
    number !== undefined && number <= MAX_PULL_REQUEST ? number : undefined;
  return {
    ...(pullRequest !== undefined && { pullRequest }),
    ...((pullRequest === undefined || !/^[#!]/.test(text)) && { text }),
  };
}

interface Condition {
  sql: string;
  bindings: SqlValue[];
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, '\\$&');

const anyOf = (conditions: Condition[]): Condition => ({
  sql: `(${conditions.map(({ sql }) => sql).join(' OR ')})`,
  bindings: conditions.flatMap(({ bindings }) => bindings),
});

/** Conditions over rows of `deployment` and of `attempt`. */
export function searchSql({ pullRequest, text }: DeploymentSearch): {
  deployment: Condition;
  attempt: Condition;
} {
  const begins = text && `${escapeLike(text)}%`;
  const contains = text && `%${escapeLike(text)}%`;
  const ofChange: Condition[] = [
    ...(pullRequest === undefined
      ? []
      : [{ sql: 'change.pull_request = ?', bindings: [pullRequest] }]),
    ...(begins && contains
      ? [
          { sql: 'change.commit ILIKE ?', bindings: [begins] },
          { sql: 'change.author_name ILIKE ?', bindings: [contains] },
          { sql: 'change.subject ILIKE ?', bindings: [contains] },
        ]
      : []),
  ];
  const ofAttempt: Condition[] =
    begins && contains
      ? [
          { sql: `attempt.fact->>'revision' ILIKE ?`, bindings: [begins] },
          { sql: `attempt.fact->>'artifact' ILIKE ?`, bindings: [contains] },
          { sql: `attempt.fact->>'deploymentId' = ?`, bindings: [text!] },
        ]
      : [{ sql: 'false', bindings: [] }];
  const change = anyOf(ofChange);
  const attempt = anyOf(ofAttempt);
  return {
    deployment: {
      sql: `(EXISTS (SELECT 1 FROM change
          WHERE change.deployment_id = deployment.id AND ${change.sql})
        OR EXISTS (SELECT 1 FROM attempt
          WHERE attempt.service_id = deployment.service_id
            AND attempt.key IN (SELECT jsonb_array_elements_text(deployment.fact->'members'))
            AND ${attempt.sql}))`,
      bindings: [...change.bindings, ...attempt.bindings],
    },
    attempt,
  };
}
