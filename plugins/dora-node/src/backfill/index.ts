export * from './ApiClient';
export * from './Backfill';
