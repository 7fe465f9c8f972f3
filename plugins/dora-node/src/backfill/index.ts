export * from './ApiClient';
export * from './Backfill';
export * from './catalogRepositories';
export * from './ForgeConnection';
