import { ConfigReader } from '@backstage/config';
import {
  readPersonaChoices,
  readProviderChoices,
  REMEMBERED_PERSONA_KEY,
  rememberedPersona,
} from './personas';

const ines = { userEntityRef: 'user:default/ines.duarte', name: 'Inês Duarte' };
const personas = { development: { people: [ines] } };

describe('readPersonaChoices', () => {
  it('finds the people of the environment in use', () => {
    expect(
      readPersonaChoices(
        new ConfigReader({ auth: { providers: { personas } } }),
      ),
    ).toEqual([{ ...ines, role: undefined, description: undefined }]);
  });

  it.each([
    ['nothing is configured', {}],
    [
      'another environment is in use',
      { auth: { environment: 'production', providers: { personas } } },
    ],
    [
      'only other providers are configured',
      { auth: { providers: { github: {} } } },
    ],
  ])('finds nobody when %s', (_, config) => {
    expect(readPersonaChoices(new ConfigReader(config))).toEqual([]);
  });
});

it('reads the providers in order', () => {
  const providers = [
    { id: 'okta', title: 'Okta', message: 'With Okta' },
    { id: 'github', title: 'GitHub', message: 'With GitHub' },
  ];
  expect(
    readProviderChoices(
      new ConfigReader({ portal: { signIn: { providers } } }),
    ),
  ).toEqual(providers);
  expect(readProviderChoices(new ConfigReader({}))).toEqual([]);
});

describe('rememberedPersona', () => {
  const storage = (value: string | null) => ({
    getItem: (key: string) => (key === REMEMBERED_PERSONA_KEY ? value : null),
  });

  it('comes back', () => {
    expect(rememberedPersona([ines], storage(ines.userEntityRef))).toBe(ines);
  });

  it.each([null, 'user:default/somebody.else'])('is not %p', value => {
    expect(rememberedPersona([ines], storage(value))).toBeUndefined();
  });
});
