export { default } from './plugin';
export { doraApiRef, type DoraApi } from './api/DoraApi';
