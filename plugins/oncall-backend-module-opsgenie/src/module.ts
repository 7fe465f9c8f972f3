import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { onCallProvidersExtensionPoint } from '@pavedroad/plugin-oncall-node';

import { createOpsgenieProvider } from './OpsgenieReader';

/**
 * Makes Opsgenie and JSM Operations a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleOpsgenie = createBackendModule({
  pluginId: 'oncall',
  moduleId: 'opsgenie',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        providers: onCallProvidersExtensionPoint,
      },
      async init({ config, providers }) {
        const provider = createOpsgenieProvider(config);
        if (provider) {
          providers.addProvider(provider);
        }
      },
    });
  },
});
