import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { PagerDutySource } from './PagerDutySource';

/**
 * Makes PagerDuty's webhooks a source of incidents.
 *
 * @public
 */
export const doraModulePagerduty = createBackendModule({
  pluginId: 'dora',
  moduleId: 'pagerduty',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        sources: deliveryEventSourcesExtensionPoint,
      },
      async init({ config, sources }) {
        sources.addSource(PagerDutySource.fromConfig(config));
      },
    });
  },
});
