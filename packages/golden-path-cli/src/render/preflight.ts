export { DEFAULT_PORTAL_URL } from '@pavedroad/plugin-golden-paths-node';
