export * from './manifest';
export * from './names';
export * from './ownership';
export * from './references';
export * from './onCallCoverage';
