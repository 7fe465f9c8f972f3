import { ApiBlueprint, createApiFactory } from '@backstage/frontend-plugin-api';
import scaffolderPlugin from '@backstage/plugin-scaffolder/alpha';
import type { ScaffolderApi } from '@backstage/plugin-scaffolder-common';
import { withChoiceNames } from './choiceNames';

/** The client that comes with Backstage, which answers forms that have names for their answers on every page. */
export const scaffolderApiExtension = scaffolderPlugin
  .getExtension('api:scaffolder')
  .override({
    *factory(originalFactory) {
      const original = originalFactory().get(ApiBlueprint.dataRefs.factory);
      yield ApiBlueprint.dataRefs.factory(
        createApiFactory({
          ...original,
          factory: deps => {
            const client = original.factory(deps) as ScaffolderApi;
            const ask = client.getTemplateParameterSchema.bind(client);
            return Object.assign(client, {
              getTemplateParameterSchema: async (
                ...asked: Parameters<typeof ask>
              ) => withChoiceNames(await ask(...asked)),
            });
          },
        }),
      );
    },
  });
