import type { Entity } from '@backstage/catalog-model';
import {
  TIME_SAVED_ANNOTATION,
  TIME_SAVED_HOW_ANNOTATION,
  timeSavedWords,
} from '@pavedroad/plugin-golden-paths-common';

/** What a template says of the time it saves. */
export type TimeSavedFacts = { words: string; how?: string };

/** Reads the time a template saves; `undefined` where it does not say. */
export function timeSavedOf(template: Entity): TimeSavedFacts | undefined {
  const { annotations = {} } = template.metadata;
  const words = timeSavedWords(annotations[TIME_SAVED_ANNOTATION]);
  return words
    ? { words, how: annotations[TIME_SAVED_HOW_ANNOTATION] }
    : undefined;
}
