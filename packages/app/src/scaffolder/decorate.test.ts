import { createApiRef } from '@backstage/core-plugin-api';
import { createScaffolderFormDecorator } from '@backstage/plugin-scaffolder-react/alpha';
import { decorate } from './decorate';

const clockRef = createApiRef<{ now(): string }>({ id: 'test.clock' });

const stamp = createScaffolderFormDecorator({
  id: 'stamp',
  schema: { input: { name: z => z.string() } },
  deps: { clock: clockRef },
  decorator: async ({ input, setFormState }, { clock }) => {
    setFormState(answers => ({ ...answers, [input.name]: clock.now() }));
  },
});

const token = createScaffolderFormDecorator({
  id: 'token',
  decorator: async ({ formState, setSecrets }) => {
    setSecrets(secrets => ({ ...secrets, TOKEN: `for ${formState.at}` }));
  },
});

const sent = { answers: { name: 'ledger' }, secrets: { password: 'p' } };

const decorators = [token, stamp];

const apiHolder = (api?: object) => ({
  get: <T>() => api as T | undefined,
});

it('lets each that is asked for see to what the one before it left', async () => {
  await expect(
    decorate(sent, {
      asked: [{ id: 'stamp', input: { name: 'at' } }, { id: 'token' }],
      decorators,
      apiHolder: apiHolder({ now: () => 'noon' }),
    }),
  ).resolves.toEqual({
    answers: { name: 'ledger', at: 'noon' },
    secrets: { password: 'p', TOKEN: 'for noon' },
  });
});

it('leaves what is sent alone where none is asked for', async () => {
  await expect(
    decorate(sent, { asked: [], decorators, apiHolder: apiHolder() }),
  ).resolves.toEqual(sent);
});

it.each([
  [
    'does not have it',
    { id: 'other' },
    {},
    'asks for the form decorator other, which this portal does not have',
  ],
  [
    'is given something else than it takes',
    { id: 'stamp', input: { name: 1 } },
    {},
    'gives the form decorator stamp what it does not take',
  ],
  [
    'lacks what it needs',
    { id: 'stamp', input: { name: 'at' } },
    undefined,
    'The form decorator stamp needs test.clock',
  ],
])('refuses where it %s', async (_, asked, api, words) => {
  await expect(
    decorate(sent, {
      asked: [asked as { id: string }],
      decorators,
      apiHolder: apiHolder(api),
    }),
  ).rejects.toThrow(words);
});
