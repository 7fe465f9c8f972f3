export {
  digestFiles,
  type FileDigest,
  listFiles,
} from '@pavedroad/plugin-golden-paths-node';
