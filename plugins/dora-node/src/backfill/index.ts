export * from './ApiClient';
export * from './Backfill';
export * from './catalogRepositories';
export * from './ForgeConnection';
export * from './formerIncidentsStep';
export * from './listingStep';
export * from './options';
