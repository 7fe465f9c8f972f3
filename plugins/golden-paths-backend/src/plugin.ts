import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { ScmIntegrations } from '@backstage/integration';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { createFetchTemplateAction } from '@backstage/plugin-scaffolder-backend';
import { DefaultChangeProposer } from '@pavedroad/plugin-git-node';
import { createRenderer } from '@pavedroad/plugin-golden-paths-node';
import { readPreviewConfig } from './config';
import { createRouter } from './router/createRouter';
import { Limits } from './service/Limits';
import { PreviewService } from './service/PreviewService';
import { TemplateSource } from './service/TemplateSource';

/** Most previews that wait for their turn. */
const QUEUE = 16;

/** What golden paths would write, before anything is created; plugin id `golden-paths`. */
export const goldenPathsPlugin = createBackendPlugin({
  pluginId: 'golden-paths',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        permissions: coreServices.permissions,
        reader: coreServices.urlReader,
        userInfo: coreServices.userInfo,
      },
      async init({ httpAuth, httpRouter, lifecycle, permissions, ...deps }) {
        const { config, reader } = deps;
        const { concurrency, requestsPerMinute, timeoutMs } =
          readPreviewConfig(config);
        const folder = join(
          config.getOptionalString('backend.workingDirectory') ?? tmpdir(),
          `golden-paths-preview-${process.pid}`,
        );
        lifecycle.addShutdownHook(() =>
          rm(folder, { recursive: true, force: true }),
        );
        const service = new PreviewService({
          ...deps,
          permissions,
          proposer: DefaultChangeProposer.create(deps),
          limits: new Limits({ concurrency, requestsPerMinute, queue: QUEUE }),
          render: createRenderer({ createFetchTemplateAction }),
          source: new TemplateSource({
            reader,
            integrations: ScmIntegrations.fromConfig(config),
            folder: join(folder, 'templates'),
          }),
          timeoutMs,
          workFolder: join(folder, 'work'),
        });
        httpRouter.use(createRouter({ httpAuth, service }));
      },
    });
  },
});
