import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { onCallProvidersExtensionPoint } from '@pavedroad/plugin-oncall-node';

import { createPagerDutyProvider } from './PagerDutyReader';

/**
 * Makes PagerDuty a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModulePagerduty = createBackendModule({
  pluginId: 'oncall',
  moduleId: 'pagerduty',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        providers: onCallProvidersExtensionPoint,
      },
      async init({ config, providers }) {
        const provider = createPagerDutyProvider(config);
        if (provider) {
          providers.addProvider(provider);
        }
      },
    });
  },
});
