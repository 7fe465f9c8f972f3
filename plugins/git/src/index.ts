export { gitPlugin as default } from './plugin';
export { gitHostApiRef, type GitHostApi } from './api';
