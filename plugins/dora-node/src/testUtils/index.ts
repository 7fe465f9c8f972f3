/**
 * For tests of sources: hostile payloads by the thousand.
 *
 * @packageDocumentation
 */
export * from './fuzzSource';
export { forgeHeaders, mutateBytes, mutateJson } from './mutate';
export { seededRandom, type SeededRandom } from './random';
