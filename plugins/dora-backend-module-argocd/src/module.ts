import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { ArgoCdSource } from './ArgoCdSource';

/**
 * Makes the notifications of Argo CD a source of deployments.
 *
 * @public
 */
export const doraModuleArgocd = createBackendModule({
  pluginId: 'dora',
  moduleId: 'argocd',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        sources: deliveryEventSourcesExtensionPoint,
      },
      async init({ config, sources }) {
        sources.addSource(ArgoCdSource.fromConfig(config));
      },
    });
  },
});
