import { createBackendModule } from '@backstage/backend-plugin-api';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { cdeventsSource } from './source';

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
      deps: { sources: deliveryEventSourcesExtensionPoint },
      async init({ sources }) {
        sources.addSource(cdeventsSource);
      },
    });
  },
});
