import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogScmEventsServiceRef } from '@backstage/plugin-catalog-node/alpha';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { gitPermissions } from '@pavedroad/plugin-git-common';
import fs from 'node:fs/promises';
import path from 'node:path';
import { readGitHostConfig } from './config';
import { GitRepository } from './git/GitRepository';
import { assertGitVersion } from './git/version';
import { createRouter } from './router/createRouter';
import { gitHttpHandler } from './router/gitHttp';
import { restRoutes } from './router/restRoutes';
import { ActorResolver } from './service/actors';
import { Authorizer } from './service/Authorizer';
import { CatalogDirectory } from './service/Directory';
import { PullService } from './service/PullService';
import { PushRecorder } from './service/PushRecorder';
import { repositoryPath, RepositoryService } from './service/RepositoryService';
import { TokenService } from './service/TokenService';
import { DatabaseGitStore } from './store/DatabaseGitStore';

const STALE_UPLOAD_MS = 24 * 60 * 60 * 1000;

/** Removes what pushes left behind that a crash cut short. */
async function removeStaleUploads(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    const file = path.join(folder, name);
    const { mtimeMs } = await fs
      .stat(file)
      .catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > STALE_UPLOAD_MS) {
      await fs.rm(file, { force: true });
    }
  }
}

/** The embedded git host, plugin id `git`. */
export const gitPlugin = createBackendPlugin({
  pluginId: 'git',
  register(env) {
    env.registerInit({
      deps: {
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        events: eventsServiceRef,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        scheduler: coreServices.scheduler,
        scmEvents: catalogScmEventsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init({
        auditor,
        auth,
        catalog,
        config,
        database,
        events,
        httpRouter,
        lifecycle,
        logger,
        permissions,
        permissionsRegistry,
        scheduler,
        scmEvents,
        userInfo,
      }) {
        const settings = readGitHostConfig(config);
        await assertGitVersion();
        const incoming = path.join(settings.root, 'incoming');
        await fs.mkdir(incoming, { recursive: true, mode: 0o700 });
        await removeStaleUploads(incoming);

        const store = await DatabaseGitStore.create(database);
        const directory = new CatalogDirectory({
          auth,
          catalog,
          userInfo,
          logger,
        });
        const authorizer = new Authorizer({
          permissions,
          directory,
          administrators: settings.administrators,
          anonymousRead: settings.anonymousRead,
        });
        const recorder = new PushRecorder({
          store,
          events,
          scmEvents,
          logger,
          gitBaseUrl: settings.gitBaseUrl,
          open: id => new GitRepository(repositoryPath(settings.root, id)),
        });
        const repositories = new RepositoryService({
          store,
          recorder,
          authorizer,
          directory,
          logger,
          root: settings.root,
          gitBaseUrl: settings.gitBaseUrl,
          appBaseUrl: settings.appBaseUrl,
        });
        const pulls = new PullService({
          store,
          recorder,
          authorizer,
          directory,
          open: row => repositories.open(row),
          appBaseUrl: settings.appBaseUrl,
        });
        const tokens = new TokenService({ store });
        const actors = new ActorResolver({ auth, tokens });

        permissionsRegistry.addPermissions(gitPermissions);

        // Git clients speak Basic, so the plugin authenticates for itself;
        // every route asks the authorizer.
        httpRouter.addAuthPolicy({ path: '/', allow: 'unauthenticated' });
        httpRouter.use(
          createRouter({
            routes: restRoutes({ repositories, pulls, tokens, authorizer }),
            gitHttp: gitHttpHandler({
              actors,
              authorizer,
              repositories,
              recorder,
              auditor,
              logger,
              incoming,
              maxPushBytes: settings.maxPushBytes,
              timeoutMs: settings.requestTimeoutMs,
              maxConcurrentRequests: settings.maxConcurrentRequests,
            }),
            actors,
            authorizer,
            repositories,
            auditor,
            logger,
            appBaseUrl: settings.appBaseUrl,
          }),
        );

        await scheduler.scheduleTask({
          id: 'git-publish-pushes',
          frequency: { minutes: 1 },
          timeout: { minutes: 5 },
          initialDelay: { seconds: 15 },
          fn: async () => {
            await recorder.publishPending();
            await recorder.cleanUp();
          },
        });
        await scheduler.scheduleTask({
          id: 'git-maintain-repositories',
          frequency: { hours: 24 },
          timeout: { hours: 2 },
          initialDelay: { hours: 1 },
          fn: signal => repositories.maintain(signal),
        });

        lifecycle.addStartupHook(() => {
          // In the background: readiness does not wait for it.
          recorder.recoverAll().catch(error => {
            logger.error('Could not look for unrecorded pushes', error);
          });
        });
        lifecycle.addShutdownHook(() => recorder.settled());
      },
    });
  },
});
