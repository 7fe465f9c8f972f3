export * from './events';
export * from './facts';
export * from './rows';
export * from './api';
export * from './identity';
export * from './calendar';
export * from './statistics';
export { CommitGraph } from './derive/CommitGraph';
export * from './derive/environments';
export {
  deriveServiceFacts,
  DEFINITION_VERSION,
} from './derive/deriveServiceFacts';
export * from './computeMetrics';
export * from './benchmarks';
export * from './metrics/summary';
export * from './metrics/answerMetrics';
export * from './sketch/buckets';
export * from './rowsFromFacts';
export * from './parseMetricsQuery';
export * from './histories';
export * from './permissions';
export * from './subscriptions';
