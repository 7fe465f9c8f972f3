export { gitHostUrlReaderFactory as default } from './gitHostUrlReaderFactory';
export { gitHostUrlReaderFactory } from './gitHostUrlReaderFactory';
export { GitHostUrlReader } from './GitHostUrlReader';
