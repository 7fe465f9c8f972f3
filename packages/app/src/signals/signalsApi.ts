import {
  ApiBlueprint,
  createApiFactory,
  discoveryApiRef,
  identityApiRef,
  type DiscoveryApi,
  type IdentityApi,
} from '@backstage/frontend-plugin-api';
import { SignalClient } from '@backstage/plugin-signals';
import signalsPlugin from '@backstage/plugin-signals/alpha';
import { connectOneAtATime } from './connectOneAtATime';
import { subscribeOncePerChannel, type SignalApi } from './subscribeOnce';

/**
 * How long a connection may take, in milliseconds. Backstage's client gives up after one second, and tries again only after five: on a slow
 * network, or while the portal is busy, it never connects, and that somebody is paged is seen half a minute later.
 */
const CONNECT_TIMEOUT = 20_000;

/** What tells a page at once that something changed, as when somebody is paged. */
export function createSignalClient(apis: {
  identity: IdentityApi;
  discoveryApi: DiscoveryApi;
}): SignalApi {
  const client = SignalClient.create({
    ...apis,
    connectTimeout: CONNECT_TIMEOUT,
  });
  connectOneAtATime(client);
  return subscribeOncePerChannel(client);
}

/** The client that comes with Backstage, with more patience and a single connection. */
export const signalsApiExtension = signalsPlugin
  .getExtension('api:signals')
  .override({
    *factory(originalFactory) {
      const { api } = originalFactory().get(ApiBlueprint.dataRefs.factory);
      yield ApiBlueprint.dataRefs.factory(
        createApiFactory({
          api,
          deps: { identity: identityApiRef, discoveryApi: discoveryApiRef },
          factory: createSignalClient,
        }),
      );
    },
  });
