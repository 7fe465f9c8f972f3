import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { readCdeventsOptions } from './options';
import { createCdeventsSource } from './source';

/**
 * Makes CDEvents a source of delivery events.
 *
 * @public
 */
export const doraModuleCdevents = createBackendModule({
  pluginId: 'dora',
  moduleId: 'cdevents',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        sources: deliveryEventSourcesExtensionPoint,
      },
      async init({ config, sources }) {
        sources.addSource(createCdeventsSource(readCdeventsOptions(config)));
      },
    });
  },
});
