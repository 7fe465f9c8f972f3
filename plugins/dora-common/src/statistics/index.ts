export * from './percentile';
export * from './proportion';
export * from './binomial';
export * from './median';
export * from './independentMedians';
export * from './limit';
export * from './random';
