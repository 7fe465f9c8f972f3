export { gitHostUrlReaderFactory as default } from './gitHostUrlReaderFactory';
export { gitHostUrlReaderFactory } from './gitHostUrlReaderFactory';
export { GitHostUrlReader } from './GitHostUrlReader';
export {
  askGitHost,
  gitHostToken,
  type GitHostAccess,
} from './changes/askGitHost';
export { DefaultChangeProposer } from './changes/DefaultChangeProposer';
export { requestJson, type JsonRequest } from './changes/requestJson';
export type {
  ChangeProposal,
  ChangeProposer,
  HostedFile,
  HostedRepository,
  LocatedRepository,
  ProposedChange,
  ProposedFile,
} from './changes/types';
