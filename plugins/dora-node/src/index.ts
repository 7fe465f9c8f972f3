/**
 * Extension points and contracts for sources of delivery events.
 *
 * @packageDocumentation
 */
export * from './extensions';
export * from './reading';
export * from './types';
