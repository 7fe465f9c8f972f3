import { SidebarPage } from '@backstage/core-components';
import {
  configApiRef,
  coreExtensionData,
} from '@backstage/frontend-plugin-api';
import appPlugin from '@backstage/plugin-app';
import { PageLandmark } from './PageLandmark';

/** The stock layout, sidebar beside page, with the page marked as what it is for assistive technology. */
export const appLayoutExtension = appPlugin
  .getExtension('app/layout')
  .override({
    factory: (_, { apis, inputs }) => [
      coreExtensionData.reactElement(
        <SidebarPage>
          {inputs.nav.get(coreExtensionData.reactElement)}
          <PageLandmark
            appTitle={
              apis.get(configApiRef)?.getOptionalString('app.title') ??
              'Backstage'
            }
          >
            {inputs.content.get(coreExtensionData.reactElement)}
          </PageLandmark>
        </SidebarPage>,
      ),
    ],
  });
