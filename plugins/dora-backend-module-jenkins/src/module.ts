import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { readJenkinsOptions } from './options';
import { createJenkinsSource } from './source';

/**
 * Makes Jenkins a source of delivery events.
 *
 * @public
 */
export const doraModuleJenkins = createBackendModule({
  pluginId: 'dora',
  moduleId: 'jenkins',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        sources: deliveryEventSourcesExtensionPoint,
      },
      async init({ config, sources }) {
        sources.addSource(createJenkinsSource(readJenkinsOptions(config)));
      },
    });
  },
});
