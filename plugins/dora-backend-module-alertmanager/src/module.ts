import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { AlertmanagerSource } from './AlertmanagerSource';

/**
 * Makes the alerts of Alertmanager a source of incidents.
 *
 * @public
 */
export const doraModuleAlertmanager = createBackendModule({
  pluginId: 'dora',
  moduleId: 'alertmanager',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        sources: deliveryEventSourcesExtensionPoint,
      },
      async init({ config, sources }) {
        sources.addSource(AlertmanagerSource.fromConfig(config));
      },
    });
  },
});
