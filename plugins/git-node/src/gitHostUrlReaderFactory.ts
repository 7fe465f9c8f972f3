import { urlReaderFactoriesServiceRef } from '@backstage/backend-defaults/urlReader';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { GitHostUrlReader } from './GitHostUrlReader';

/**
 * Lets every plugin's URL reader read from the embedded git host. It comes
 * before the readers of Backstage itself, so the host may also be listed under
 * `integrations` without its reader taking over.
 */
export const gitHostUrlReaderFactory = createServiceFactory({
  service: urlReaderFactoriesServiceRef,
  deps: {
    auth: coreServices.auth,
    discovery: coreServices.discovery,
  },
  factory({ auth, discovery }) {
    return ({ config, treeResponseFactory }) => {
      const reader = new GitHostUrlReader({
        externalBaseUrl: `${config
          .getString('backend.baseUrl')
          .replace(/\/+$/, '')}/api/git`,
        internalBaseUrl: () => discovery.getBaseUrl('git'),
        serviceToken: async () => {
          const { token } = await auth.getPluginRequestToken({
            onBehalfOf: await auth.getOwnServiceCredentials(),
            targetPluginId: 'git',
          });
          return token;
        },
        treeResponseFactory,
      });
      return [{ reader, predicate: url => reader.handles(url) }];
    };
  },
});
