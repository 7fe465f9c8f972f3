export * from './GitHostClient';
export * from './names';
export * from './permissions';
export * from './schemas';
export * from './topics';
export type * from './types';
export * from './urls';
