export { oncallPlugin as default } from './plugin';
export { onCallApiRef, type OnCallApi } from './api';
