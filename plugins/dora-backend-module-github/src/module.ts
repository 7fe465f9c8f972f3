import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import {
  ApiClient,
  catalogRepositories,
  deliveryEventSourcesExtensionPoint,
  scheduleBackfill,
} from '@pavedroad/plugin-dora-node';
import { GithubAccessFor, GithubSource } from './GithubSource';
import { readGithubOptions } from './options';

/**
 * Makes GitHub a source of delivery events: its webhooks and, where it is
 * configured, what happened before them.
 *
 * @public
 */
export const doraModuleGithub = createBackendModule({
  pluginId: 'dora',
  moduleId: 'github',
  register(env) {
    env.registerInit({
      deps: {
        sources: deliveryEventSourcesExtensionPoint,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        events: eventsServiceRef,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
      },
      async init({
        sources,
        auth,
        catalog,
        config,
        events,
        logger,
        scheduler,
      }) {
        const options = readGithubOptions(config);
        const integrations = ScmIntegrations.fromConfig(config);
        const credentials =
          DefaultGithubCredentialsProvider.fromIntegrations(integrations);

        const accessFor: GithubAccessFor = async ({ slug, host }, signal) => {
          const integration = integrations.github.byHost(host)?.config;
          if (!integration?.apiBaseUrl) {
            return undefined;
          }
          const webBaseUrl = `https://${host}`;
          const given = async () =>
            credentials.getCredentials({ url: `${webBaseUrl}/${slug}` });
          // Anonymous requests would be refused after the first few.
          if (!(await given()).token) {
            return undefined;
          }
          return {
            apiBaseUrl: integration.apiBaseUrl,
            webBaseUrl,
            client: ApiClient.create({
              headers: async () => ({
                accept: 'application/vnd.github+json',
                'user-agent': 'pavedroad-portal',
                'x-github-api-version': '2022-11-28',
                ...(await given()).headers,
              }),
              // A webhook is completed soon or by the next backfill.
              ...(signal ? { signal } : { maxWait: 60_000 }),
            }),
          };
        };
        const source = GithubSource.create({
          options,
          accessFor,
          repositories: () =>
            catalogRepositories({
              catalog,
              auth,
              annotation: 'github.com/project-slug',
              hosts: [
                ...new Set([
                  ...integrations.github
                    .list()
                    .map(({ config: { host } }) => host),
                  'github.com',
                ]),
              ],
            }),
          events,
          logger,
        });
        sources.addSource(source);
        if (options.backfill) {
          await scheduleBackfill({
            scheduler,
            source,
            frequency: options.backfill.frequency,
            delaySeconds: 30,
          });
        }
      },
    });
  },
});
