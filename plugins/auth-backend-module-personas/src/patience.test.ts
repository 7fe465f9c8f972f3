import { NotFoundError } from '@backstage/errors';
import { AuthResolverContext } from '@backstage/plugin-auth-node';
import { personaSignInResolver } from './module';
import { Persona } from './personas';

const ines = {
  result: {
    userEntityRef: 'user:default/ines.duarte',
    name: 'Inês',
  } as Persona,
  profile: {},
};

function contextThat(signIn: () => Promise<{ token: string }>) {
  return { signInWithCatalogUser: signIn } as unknown as AuthResolverContext;
}

describe('signing in while the catalog is still reading', () => {
  it('asks again until the person is there', async () => {
    const pause = jest.fn(async () => {});
    const signIn = jest
      .fn()
      .mockRejectedValueOnce(new NotFoundError('User not found'))
      .mockRejectedValueOnce(new NotFoundError('User not found'))
      .mockResolvedValue({ token: 'there' });
    await expect(
      personaSignInResolver({ waitSeconds: 60, pause })(
        ines,
        contextThat(signIn),
      ),
    ).resolves.toEqual({ token: 'there' });
    expect(pause).toHaveBeenCalledTimes(2);
  });

  it('gives up on somebody who never comes, and at once on any other failure', async () => {
    const pause = jest.fn(async () => {});
    await expect(
      personaSignInResolver({ waitSeconds: 60, pause })(
        ines,
        contextThat(() => Promise.reject(new NotFoundError('no such user'))),
      ),
    ).rejects.toThrow('no such user');
    expect(pause).toHaveBeenCalledTimes(60);
    pause.mockClear();
    await expect(
      personaSignInResolver({ waitSeconds: 60, pause })(
        ines,
        contextThat(() => Promise.reject(new Error('database is down'))),
      ),
    ).rejects.toThrow('database is down');
    expect(pause).not.toHaveBeenCalled();
  });
});
