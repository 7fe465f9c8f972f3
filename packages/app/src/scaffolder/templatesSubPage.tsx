import {
  coreExtensionData,
  ExtensionBoundary,
} from '@backstage/frontend-plugin-api';
import scaffolderPlugin from '@backstage/plugin-scaffolder/alpha';
import type { FieldExtensionOptions } from '@backstage/plugin-scaffolder-react';
import { formFieldsApiRef } from '@backstage/plugin-scaffolder-react/alpha';
import { Route, Routes } from 'react-router-dom';

/** Backstage's page of templates, with a form that tells and sends only what it asks. */
export const templatesSubPageExtension = scaffolderPlugin
  .getExtension('sub-page:scaffolder/templates')
  .override({
    *factory(originalFactory, { apis, config, node }) {
      const original = originalFactory();
      yield* original;
      const form = ExtensionBoundary.lazy(node, async () => {
        const [{ TemplateForm }, { secretFieldExtension }, fields] =
          await Promise.all([
            import('./TemplateForm'),
            import('./SecretField'),
            apis.get(formFieldsApiRef)?.loadFormFields() ?? [],
          ]);
        return (
          <TemplateForm
            theme={config.enableBackstageUi ? 'bui' : 'mui'}
            fieldExtensions={[
              secretFieldExtension,
              // The API has looked whether they are ones, which is all that their type keeps back.
              ...(fields as unknown as FieldExtensionOptions[]),
            ]}
          />
        );
      });
      yield coreExtensionData.reactElement(
        <Routes>
          <Route path=":namespace/:templateName" element={form} />
          <Route
            path="*"
            element={original.get(coreExtensionData.reactElement)}
          />
        </Routes>,
      );
    },
  });
