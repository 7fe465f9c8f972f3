import { SignInPage } from '@backstage/core-components';
import {
  atlassianAuthApiRef,
  githubAuthApiRef,
  gitlabAuthApiRef,
  googleAuthApiRef,
  microsoftAuthApiRef,
  oktaAuthApiRef,
  oneloginAuthApiRef,
  openshiftAuthApiRef,
} from '@backstage/frontend-plugin-api';
import { SignInPageProps } from '@backstage/plugin-app-react';
import { EmptyState } from '@pavedroad/portal-ui';
import styles from './PersonaSignIn.module.css';
import { ProviderChoice } from './personas';

/** The providers the front end knows how to talk to. */
const KNOWN_PROVIDERS = {
  atlassian: atlassianAuthApiRef,
  github: githubAuthApiRef,
  gitlab: gitlabAuthApiRef,
  google: googleAuthApiRef,
  microsoft: microsoftAuthApiRef,
  okta: oktaAuthApiRef,
  onelogin: oneloginAuthApiRef,
  openshift: openshiftAuthApiRef,
};

function isKnownProvider(id: string): id is keyof typeof KNOWN_PROVIDERS {
  return Object.hasOwn(KNOWN_PROVIDERS, id);
}

/** Sign-in page of an installation: the providers it configures, and a clear word when there are none. */
export function ProviderSignIn(
  props: SignInPageProps & { providers: ProviderChoice[] },
) {
  const providers = props.providers.flatMap(provider =>
    isKnownProvider(provider.id)
      ? [
          {
            id: provider.id,
            title: provider.title,
            message: provider.message,
            apiRef: KNOWN_PROVIDERS[provider.id],
          },
        ]
      : [],
  );
  if (providers.length === 0) {
    return (
      <main className={styles.page}>
        <EmptyState
          title="No way to sign in is set up"
          description="Whoever runs this portal configures one: a provider under auth.providers and its button under portal.signIn.providers."
        />
      </main>
    );
  }
  return (
    <SignInPage
      {...props}
      title="Sign in"
      align="center"
      auto={providers.length === 1}
      providers={providers}
    />
  );
}
