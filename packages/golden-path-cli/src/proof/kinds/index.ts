export { kindOf, mutationsOf } from './registry';
export type { FurtherTrial, Kind, Mutations, Row, Trial } from './types';
