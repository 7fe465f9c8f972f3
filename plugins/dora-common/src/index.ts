export * from './events';
export * from './facts';
export * from './rows';
export * from './changeTimes';
export * from './columns';
export { uint8 as scratchBytes, withScratch } from './scratch';
export * from './api';
export * from './dataQuality';
export * from './identity';
export * from './calendar';
export * from './statistics';
export { CommitGraph } from './derive/CommitGraph';
export * from './derive/environments';
export {
  deriveFacts,
  deriveHistory,
  deriveServiceFacts,
  DEFINITION_VERSION,
  shapesHistory,
} from './derive/deriveServiceFacts';
export type { ServiceHistory } from './derive/deriveServiceFacts';
export * from './computeMetrics';
export * from './benchmarks';
export * from './metrics/summary';
export * from './metrics/answerMetrics';
export * from './sketch/buckets';
export * from './sketch/grid';
export * from './sketch/RollupSketch';
export * from './rowsFromFacts';
export * from './parseMetricsQuery';
export * from './histories';
export * from './permissions';
export * from './subscriptions';
export * from './reportingCredentials';
export * from './explain/words';
export * from './explain/explainMetric';
export * from './explain/viewLink';
