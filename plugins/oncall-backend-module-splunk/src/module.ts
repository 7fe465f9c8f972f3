import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { onCallProvidersExtensionPoint } from '@pavedroad/plugin-oncall-node';

import { createSplunkProvider } from './SplunkReader';

/**
 * Makes Splunk On-Call a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleSplunk = createBackendModule({
  pluginId: 'oncall',
  moduleId: 'splunk',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        providers: onCallProvidersExtensionPoint,
      },
      async init({ config, providers }) {
        const provider = createSplunkProvider(config);
        if (provider) {
          providers.addProvider(provider);
        }
      },
    });
  },
});
