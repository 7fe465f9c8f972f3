export { Problem } from '@pavedroad/plugin-golden-paths-node';
