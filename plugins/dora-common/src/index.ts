export * from './events';
export * from './facts';
export * from './rows';
export * from './api';
export * from './identity';
export { CommitGraph } from './derive/CommitGraph';
export * from './derive/environments';
export {
  deriveServiceFacts,
  DEFINITION_VERSION,
} from './derive/deriveServiceFacts';
export * from './permissions';
