import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { onCallProvidersExtensionPoint } from '@pavedroad/plugin-oncall-node';

import { createGoAlertProvider } from './GoAlertReader';

/**
 * Makes GoAlert a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleGoAlert = createBackendModule({
  pluginId: 'oncall',
  moduleId: 'goalert',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        providers: onCallProvidersExtensionPoint,
      },
      async init({ config, providers }) {
        const provider = createGoAlertProvider(config);
        if (provider) {
          providers.addProvider(provider);
        }
      },
    });
  },
});
