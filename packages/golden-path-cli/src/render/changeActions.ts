export {
  changeActions,
  differences,
  merged,
  NothingToPropose,
  type Proposal,
  readRepository,
  REPOSITORY_FOLDER,
  type RepositoryContent,
  repositoryFiles,
  writeRepository,
} from '@pavedroad/plugin-golden-paths-node';
