import type { Entity } from '@backstage/catalog-model';
import { docsPage } from './goldenPath';

/** Annotation of a component with the objectives it was made with: sentences with semicolons between them. */
export const OBJECTIVES_ANNOTATION = 'pavedroad.dev/slo';

/** Annotations with one more objective each; the objective's name follows. */
const ADDED_PREFIX = `${OBJECTIVES_ANNOTATION}.`;

/** A service level objective, as the catalog tells it. */
export type Objective = {
  /** What is promised, in words. */
  words: string;
  /** Of one that was added later. */
  name?: string;
  /** Address of its runbook in the portal. */
  runbook?: string;
};

/** The objectives of a component: those it was made with, then the added ones by name. */
export function objectivesOf(entity: Entity): Objective[] {
  const annotations = entity.metadata.annotations ?? {};
  const first = (annotations[OBJECTIVES_ANNOTATION] ?? '')
    .split(';')
    .map(words => words.trim())
    .filter(Boolean)
    .map(words => ({ words }));
  const added = Object.entries(annotations)
    .filter(([key]) => key.startsWith(ADDED_PREFIX))
    .map(([key, words]) => {
      const name = key.slice(ADDED_PREFIX.length);
      return {
        name,
        words,
        runbook: docsPage(entity, `docs/runbooks/slo-${name}.md`),
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
  return [...first, ...added];
}

/** Whether the catalog tells of any objective. */
export function hasObjectives(entity: Entity): boolean {
  return entity.kind === 'Component' && objectivesOf(entity).length > 0;
}
