/**
 * Extension points and contracts for sources of delivery events.
 *
 * @packageDocumentation
 */
export * from './backfill';
export * from './extensions';
export * from './incidentDetails';
export * from './reading';
export * from './types';
