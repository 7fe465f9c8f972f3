import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { homeLayoutExtension } from './home/homeLayoutExtension';
import { appLayoutExtension } from './layout/appLayout';
import { navContentExtension } from './nav/navContent';
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
    signInPageExtension,
  ],
});

/** The portal's front page. */
export const portalHomeModule = createFrontendModule({
  pluginId: 'home',
  extensions: [homeLayoutExtension],
});

/** What packages/app adds to the discovered plugins. */
export const portalFeatures = [portalAppModule, portalHomeModule];
