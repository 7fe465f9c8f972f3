import {
  createExternalTokenHandler,
  externalTokenHandlersServiceRef,
} from '@backstage/backend-defaults/auth';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { CredentialStore } from './CredentialStore';
import { reportingSubject, reportingTokenId } from './reportingToken';

/**
 * Lets repositories call with their reporting credentials, where `backend.auth.externalAccess` has an entry of type `reporting`
 * (`docs/delivery-metrics.md`). They hold in this plugin alone: its database is where they are kept.
 */
export const reportingTokenHandler = createServiceFactory({
  service: externalTokenHandlersServiceRef,
  deps: {
    database: coreServices.database,
    plugin: coreServices.pluginMetadata,
  },
  factory({ database, plugin }) {
    return createExternalTokenHandler({
      type: 'reporting',
      initialize: () => undefined,
      async verifyToken(token) {
        if (plugin.getId() !== 'dora' || !reportingTokenId(token)) {
          return undefined;
        }
        const store = CredentialStore.create({
          knex: await database.getClient(),
        });
        const id = await store.verify(token, Date.now());
        return id === undefined ? undefined : { subject: reportingSubject(id) };
      },
    });
  },
});
