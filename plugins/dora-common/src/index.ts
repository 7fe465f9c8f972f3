export * from './events';
export * from './facts';
export * from './rows';
export * from './api';
