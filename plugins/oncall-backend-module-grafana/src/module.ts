import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { onCallProvidersExtensionPoint } from '@pavedroad/plugin-oncall-node';

import { createGrafanaProvider } from './GrafanaReader';

/**
 * Makes Grafana IRM a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleGrafana = createBackendModule({
  pluginId: 'oncall',
  moduleId: 'grafana',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        providers: onCallProvidersExtensionPoint,
      },
      async init({ config, providers }) {
        const provider = createGrafanaProvider(config);
        if (provider) {
          providers.addProvider(provider);
        }
      },
    });
  },
});
