import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import { SignInPageBlueprint } from '@backstage/plugin-app-react';
import { readPersonaChoices, readProviderChoices } from './personas';

/** Personas where the back end offers them (evaluation), the configured providers everywhere else. */
export const signInPageExtension = SignInPageBlueprint.make({
  params: {
    loader: async () => {
      const [{ PersonaSignIn }, { ProviderSignIn }] = await Promise.all([
        import('./PersonaSignIn'),
        import('./ProviderSignIn'),
      ]);
      return props => {
        const config = useApi(configApiRef);
        const title = config.getOptionalString('app.title') ?? 'Paved Road';
        const people = readPersonaChoices(config);
        return people.length > 0 ? (
          <PersonaSignIn {...props} title={title} people={people} />
        ) : (
          <ProviderSignIn {...props} providers={readProviderChoices(config)} />
        );
      };
    },
  },
});
