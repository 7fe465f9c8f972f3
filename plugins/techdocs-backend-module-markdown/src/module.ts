import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { techdocsGeneratorExtensionPoint } from '@backstage/plugin-techdocs-node';
import { MarkdownTechdocsGenerator } from './MarkdownTechdocsGenerator';

/** Builds TechDocs pages from Markdown without Docker or Python. */
export const techdocsModuleMarkdown = createBackendModule({
  pluginId: 'techdocs',
  moduleId: 'markdown',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        generators: techdocsGeneratorExtensionPoint,
        logger: coreServices.logger,
      },
      async init({ config, generators, logger }) {
        generators.setTechdocsGenerator(
          MarkdownTechdocsGenerator.create({ config, logger }),
        );
      },
    });
  },
});
