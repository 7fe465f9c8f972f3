export {
  onCallProvidersExtensionPoint,
  type OnCallProvidersExtensionPoint,
} from './extensions';
export type {
  OnCallProvider,
  ProviderAnswer,
  ProviderMatch,
} from './OnCallProvider';
export { readAccounts, readBaseUrl, type ProviderAccount } from './accounts';
export {
  instantOf,
  listOf,
  objectOf,
  requiredText,
  textOf,
  timeZoneOf,
} from './answers';
export { ProviderClient, type ProviderRequest } from './ProviderClient';
export {
  formatInstant,
  levelsOf,
  OUTLOOK,
  personOf,
  ReadingProvider,
  type ReadShift,
  type ScheduleAnnotation,
  type ScheduleReader,
  type ScheduleReading,
} from './ReadingProvider';
