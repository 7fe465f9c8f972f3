import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { goldenPathsAppModule } from '@pavedroad/plugin-golden-paths';
import { catalogSearchResultItem } from './catalog/searchResultItem';
import { sampleDataCard } from './catalog/sampleDataCard';
import { homeLayoutExtension } from './home/homeLayoutExtension';
import { appLayoutExtension } from './layout/appLayout';
import { notFoundPageExtension } from './layout/notFoundPage';
import { navContentExtension } from './nav/navContent';
import { scaffolderApiExtension } from './scaffolder/scaffolderApi';
import { templatesSubPageExtension } from './scaffolder/templatesSubPage';
import { signalsApiExtension } from './signals/signalsApi';
import { signInPageExtension } from './signIn/signInPage';
import { darkThemeExtension, lightThemeExtension } from './theme/themes';

/** The portal's own face: themes, navigation and sign-in. */
export const portalAppModule = createFrontendModule({
  pluginId: 'app',
  extensions: [
    lightThemeExtension,
    darkThemeExtension,
    appLayoutExtension,
    navContentExtension,
    notFoundPageExtension,
    signInPageExtension,
  ],
});

/** The portal's front page. */
export const portalHomeModule = createFrontendModule({
  pluginId: 'home',
  extensions: [homeLayoutExtension],
});

/** What the portal adds to the pages of entities, and how it shows the ones that are found. */
export const portalCatalogModule = createFrontendModule({
  pluginId: 'catalog',
  extensions: [sampleDataCard, catalogSearchResultItem],
});

/** How the portal's pages are told that something changed. */
export const portalSignalsModule = createFrontendModule({
  pluginId: 'signals',
  extensions: [signalsApiExtension],
});

/** What forms of templates ask, tell and send. */
export const portalScaffolderModule = createFrontendModule({
  pluginId: 'scaffolder',
  extensions: [scaffolderApiExtension, templatesSubPageExtension],
});

/** What packages/app adds to the discovered plugins. */
export const portalFeatures = [
  portalAppModule,
  portalHomeModule,
  portalCatalogModule,
  portalSignalsModule,
  portalScaffolderModule,
  goldenPathsAppModule,
];
