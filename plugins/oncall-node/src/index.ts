export {
  onCallProvidersExtensionPoint,
  type OnCallProvidersExtensionPoint,
} from './extensions';
export { createOnCallProviderModule } from './createOnCallProviderModule';
export type {
  OnCallProvider,
  ProviderAnswer,
  ProviderMatch,
} from './OnCallProvider';
export {
  ProviderActionError,
  type PageActor,
  type PageActorReference,
  type PageChange,
  type PageReference,
  type PageToSend,
  type SentPage,
} from './acting';
export {
  carriesSecret,
  digestOf,
  fieldsOf,
  headerOf,
  isSecret,
  isSigned,
  looseId,
  looseMoment,
  looseText,
  looseUrl,
  readWebhookBody,
  webhookOf,
  type OnCallWebhook,
  type WebhookEvent,
  type WebhookFormat,
  type WebhookPage,
  type WebhookRequest,
} from './webhooks';
export { readAccounts, readBaseUrl, type ProviderAccount } from './accounts';
export {
  instantOf,
  listOf,
  objectOf,
  requiredText,
  textOf,
  timeZoneOf,
} from './answers';
export {
  ProviderClient,
  type ProviderAction,
  type ProviderRequest,
} from './ProviderClient';
export {
  formatInstant,
  levelsOf,
  OUTLOOK,
  personOf,
  ReadingProvider,
  type ReadingProviderOptions,
  type ReadShift,
  type ReadWindow,
  type ScheduleAnnotation,
  type ScheduleReader,
  type ScheduleReading,
} from './ReadingProvider';
