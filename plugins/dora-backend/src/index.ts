/**
 * Back end of delivery metrics.
 *
 * @packageDocumentation
 */
import { createBackendFeatureLoader } from '@backstage/backend-plugin-api';
import { reportingTokenHandler } from './credentials/reportingTokenHandler';
import { doraPlugin } from './plugin';

/** The plugin, and what lets repositories call it with credentials of their own. */
export default createBackendFeatureLoader({
  *loader() {
    yield doraPlugin;
    yield reportingTokenHandler;
  },
});
