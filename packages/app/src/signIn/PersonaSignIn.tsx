import { ProxiedSignInPage } from '@backstage/core-components';
import { IdentityApi } from '@backstage/frontend-plugin-api';
import { SignInPageProps } from '@backstage/plugin-app-react';
import { Avatar, Button, Flex, Text } from '@backstage/ui';
import { useId, useState } from 'react';
import { LogoMark } from '../nav/Logo';
import styles from './PersonaSignIn.module.css';
import {
  PersonaChoice,
  REMEMBERED_PERSONA_KEY,
  rememberedPersona,
} from './personas';

/** An identity that also forgets the remembered person when it signs out, so that the next visit asks again. */
function forgettingIdentity(identity: IdentityApi): IdentityApi {
  return {
    getProfileInfo: () => identity.getProfileInfo(),
    getBackstageIdentity: () => identity.getBackstageIdentity(),
    getCredentials: () => identity.getCredentials(),
    signOut: async () => {
      window.localStorage.removeItem(REMEMBERED_PERSONA_KEY);
      await identity.signOut();
    },
  };
}

/** Sign-in page of an evaluation portal: choose who to be. The choice is remembered in this browser. */
export function PersonaSignIn(
  props: SignInPageProps & { title: string; people: PersonaChoice[] },
) {
  const [chosen, setChosen] = useState(() =>
    rememberedPersona(props.people, window.localStorage),
  );
  // Counts attempts, so that choosing the same person after a failure tries again.
  const [attempt, setAttempt] = useState(0);
  const choose = (person: PersonaChoice) => {
    setChosen(person);
    setAttempt(attempt + 1);
  };

  if (!chosen) {
    return (
      <PersonaList
        title={props.title}
        people={props.people}
        onChoose={choose}
      />
    );
  }
  return (
    <ProxiedSignInPage
      key={`${chosen.userEntityRef} ${attempt}`}
      provider="personas"
      headers={{ 'x-persona': chosen.userEntityRef }}
      onSignInSuccess={identity => {
        window.localStorage.setItem(
          REMEMBERED_PERSONA_KEY,
          chosen.userEntityRef,
        );
        props.onSignInSuccess(forgettingIdentity(identity));
      }}
      ErrorComponent={({ error }) => (
        <PersonaList
          title={props.title}
          people={props.people}
          failure={error}
          onChoose={choose}
        />
      )}
    />
  );
}

function PersonaList(props: {
  title: string;
  people: PersonaChoice[];
  failure?: Error;
  onChoose(person: PersonaChoice): void;
}) {
  const headingId = useId();
  return (
    <main className={styles.page}>
      <div className={styles.panel}>
        <Flex align="center" gap="3">
          <LogoMark size={44} />
          <Text as="h1" variant="title-medium" weight="bold" id={headingId}>
            {props.title}
          </Text>
        </Flex>
        <Text as="p" variant="body-large" color="secondary">
          Who would you like to be? This portal runs on your machine for
          evaluation, so no password is asked. You can switch at any time.
        </Text>
        {props.failure ? (
          <div role="alert" className={styles.alert}>
            <Text as="p" weight="bold">
              Signing in did not work
            </Text>
            <Text as="p">{props.failure.message}</Text>
          </div>
        ) : undefined}
        <ul className={styles.people} aria-labelledby={headingId}>
          {props.people.map(person => (
            <li key={person.userEntityRef} className={styles.person}>
              <Avatar
                src=""
                name={person.name}
                size="large"
                purpose="decoration"
              />
              <div className={styles.words}>
                <Text as="h2" variant="title-x-small" weight="bold">
                  {person.name}
                </Text>
                {person.role ? (
                  <Text as="p" variant="body-medium" color="secondary">
                    {person.role}
                  </Text>
                ) : undefined}
                {person.description ? (
                  <Text as="p" variant="body-medium">
                    {person.description}
                  </Text>
                ) : undefined}
              </div>
              <Button
                variant="primary"
                aria-label={`Sign in as ${person.name}`}
                onPress={() => props.onChoose(person)}
              >
                Sign in
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </main>
  );
}
