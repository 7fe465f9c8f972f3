import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { OpsgenieSource } from './OpsgenieSource';

/**
 * Makes the alerts of Opsgenie and Jira Service Management a source of incidents.
 *
 * @public
 */
export const doraModuleOpsgenie = createBackendModule({
  pluginId: 'dora',
  moduleId: 'opsgenie',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        sources: deliveryEventSourcesExtensionPoint,
      },
      async init({ config, sources }) {
        sources.addSource(OpsgenieSource.fromConfig(config));
      },
    });
  },
});
