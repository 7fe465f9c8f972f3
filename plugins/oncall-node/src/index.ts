export {
  onCallProvidersExtensionPoint,
  type OnCallProvidersExtensionPoint,
} from './extensions';
export type {
  OnCallProvider,
  ProviderAnswer,
  ProviderMatch,
} from './OnCallProvider';
