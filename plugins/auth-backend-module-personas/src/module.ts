import { setTimeout } from 'node:timers/promises';
import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { assertError } from '@backstage/errors';
import {
  authProvidersExtensionPoint,
  createProxyAuthProviderFactory,
  SignInResolver,
} from '@backstage/plugin-auth-node';
import { createPersonasAuthenticator } from './authenticator';
import { Persona } from './personas';

/** How long people may take to be in the catalog after a first start, in seconds, unless configured. */
const DEFAULT_WAIT_SECONDS = 60;

/**
 * Resolves a persona to the catalog User with the same name: the token carries that User and the groups the catalog says
 * they belong to. A person who is not in the catalog is not signed in.
 *
 * The portal answers some seconds before its catalog has read the people, so a person who is not there yet is asked for again.
 *
 * @param options.waitSeconds - How long to go on asking.
 * @param options.pause - Waits for a second.
 */
export function personaSignInResolver(options: {
  waitSeconds: number;
  pause: () => Promise<unknown>;
}): SignInResolver<Persona> {
  return async ({ result }, context) => {
    for (let second = 0; ; second += 1) {
      try {
        return await context.signInWithCatalogUser({
          entityRef: result.userEntityRef,
        });
      } catch (error) {
        assertError(error);
        if (error.name !== 'NotFoundError' || second >= options.waitSeconds) {
          throw error;
        }
      }
      await options.pause();
    }
  };
}

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
        const environment =
          config.getOptionalString('auth.environment') ?? 'development';
        providers.registerProvider({
          providerId: 'personas',
          factory: createProxyAuthProviderFactory({
            authenticator: createPersonasAuthenticator(config),
            signInResolver: personaSignInResolver({
              waitSeconds:
                config.getOptionalNumber(
                  `auth.providers.personas.${environment}.waitForPeopleSeconds`,
                ) ?? DEFAULT_WAIT_SECONDS,
              pause: () => setTimeout(1000),
            }),
          }),
        });
      },
    });
  },
});
