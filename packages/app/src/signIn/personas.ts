import { Config } from '@backstage/config';

/** A person who can be chosen on the sign-in page of an evaluation portal. */
export interface PersonaChoice {
  /** User entity ref. */
  userEntityRef: string;
  name: string;
  role?: string;
  description?: string;
}

/** A sign-in provider to offer where there are no personas. */
export interface ProviderChoice {
  id: string;
  title: string;
  message: string;
}

/** Where the choice of person is kept between visits, in this browser. */
export const REMEMBERED_PERSONA_KEY = 'pavedroad.persona';

/**
 * The people the back end offers as personas; none unless the configuration has them, which only the evaluation
 * configuration does.
 */
export function readPersonaChoices(config: Config): PersonaChoice[] {
  const environment =
    config.getOptionalString('auth.environment') ?? 'development';
  return (
    config
      .getOptionalConfig(`auth.providers.personas.${environment}`)
      ?.getOptionalConfigArray('people') ?? []
  ).map(person => ({
    userEntityRef: person.getString('userEntityRef'),
    name: person.getString('name'),
    role: person.getOptionalString('role'),
    description: person.getOptionalString('description'),
  }));
}

/** The providers named under `portal.signIn.providers`, in order. */
export function readProviderChoices(config: Config): ProviderChoice[] {
  return (config.getOptionalConfigArray('portal.signIn.providers') ?? []).map(
    provider => ({
      id: provider.getString('id'),
      title: provider.getString('title'),
      message: provider.getString('message'),
    }),
  );
}

/** The person chosen on an earlier visit, if they are still on offer. */
export function rememberedPersona(
  people: PersonaChoice[],
  storage: Pick<Storage, 'getItem'>,
): PersonaChoice | undefined {
  const ref = storage.getItem(REMEMBERED_PERSONA_KEY);
  return people.find(person => person.userEntityRef === ref);
}
