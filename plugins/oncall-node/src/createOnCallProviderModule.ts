import {
  coreServices,
  createBackendModule,
  type BackendFeature,
} from '@backstage/backend-plugin-api';
import type { Config } from '@backstage/config';

import { onCallProvidersExtensionPoint } from './extensions';
import type { OnCallProvider } from './OnCallProvider';

/** A module of plugin `oncall` that adds a provider, when the configuration has one. */
export function createOnCallProviderModule(options: {
  moduleId: string;
  create: (config: Config) => OnCallProvider | undefined;
}): BackendFeature {
  return createBackendModule({
    pluginId: 'oncall',
    moduleId: options.moduleId,
    register(env) {
      env.registerInit({
        deps: {
          config: coreServices.rootConfig,
          providers: onCallProvidersExtensionPoint,
        },
        async init({ config, providers }) {
          const provider = options.create(config);
          if (provider) {
            providers.addProvider(provider);
          }
        },
      });
    },
  });
}
