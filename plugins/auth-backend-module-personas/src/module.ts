import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  authProvidersExtensionPoint,
  createProxyAuthProviderFactory,
  SignInResolver,
} from '@backstage/plugin-auth-node';
import { createPersonasAuthenticator } from './authenticator';
import { Persona } from './personas';

/**
 * Resolves a persona to the catalog User with the same name: the token carries that User and the groups the catalog says
 * they belong to. A person who is not in the catalog is not signed in.
 */
export const personaSignInResolver: SignInResolver<Persona> = async (
  { result },
  context,
) => context.signInWithCatalogUser({ entityRef: result.userEntityRef });

/** Auth provider `personas`: sign-in as one of a configured list of people, without credentials, for evaluation only. */
export const authModulePersonas = createBackendModule({
  pluginId: 'auth',
  moduleId: 'personas',
  register(reg) {
    reg.registerInit({
      deps: {
        providers: authProvidersExtensionPoint,
        config: coreServices.rootConfig,
      },
      async init({ providers, config }) {
        providers.registerProvider({
          providerId: 'personas',
          factory: createProxyAuthProviderFactory({
            authenticator: createPersonasAuthenticator(config),
            signInResolver: personaSignInResolver,
          }),
        });
      },
    });
  },
});
