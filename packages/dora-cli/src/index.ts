export * from './cloudEvents';
export * from './gitRepository';
export * from './portal';
export * from './program';
export * from './versions';
