/**
 * Extension points and contracts for sources of delivery events.
 *
 * @packageDocumentation
 */
export * from './backfill';
export * from './extensions';
export * from './history';
export * from './incidentDetails';
export * from './reading';
export * from './rules';
export * from './slim';
export * from './types';
