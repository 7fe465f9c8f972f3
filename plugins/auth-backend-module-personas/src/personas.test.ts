import { ConfigReader } from '@backstage/config';
import { choosePersona, isLoopbackHost, readPersonasOptions } from './personas';

const people = [
  { userEntityRef: 'user:default/ines.duarte', name: 'Inês Duarte' },
  { userEntityRef: 'Priya.Raman', name: 'Priya Raman' },
];

function read(changes: {
  environment?: string;
  flag?: unknown;
  listen?: unknown;
  baseUrl?: string;
  people?: unknown;
}) {
  const provider = {
    development: {
      dangerouslyAllowSignInWithoutCredentials: changes.flag ?? true,
      people: changes.people ?? people,
    },
  };
  return readPersonasOptions({
    provider: new ConfigReader(provider),
    root: new ConfigReader({
      auth: { environment: changes.environment },
      backend: {
        baseUrl: changes.baseUrl ?? 'http://localhost:7007',
        listen: changes.listen ?? { host: '127.0.0.1', port: 7007 },
      },
    }),
  });
}

describe('readPersonasOptions', () => {
  it('reads the people, with their refs in full', () => {
    expect(read({})).toEqual({
      people: [
        { userEntityRef: 'user:default/ines.duarte', name: 'Inês Duarte' },
        { userEntityRef: 'user:default/priya.raman', name: 'Priya Raman' },
      ],
    });
  });

  it.each`
    because                             | changes                                                          | says
    ${'the flag is off'}                | ${{ flag: false }}                                               | ${/dangerouslyAllowSignInWithoutCredentials/}
    ${'another environment is in use'}  | ${{ environment: 'production' }}                                 | ${/personas\.production\.dangerously/}
    ${'every interface is listened on'} | ${{ listen: { port: 7007 } }}                                    | ${/backend\.listen\.host is 'every interface'/}
    ${'the network is listened on'}     | ${{ listen: { host: '0.0.0.0' } }}                               | ${/'0\.0\.0\.0'/}
    ${'a bare port is listened on'}     | ${{ listen: ':7007' }}                                           | ${/every interface/}
    ${'the address is public'}          | ${{ baseUrl: 'https://portal.example.com' }}                     | ${/backend\.baseUrl/}
    ${'nobody is named'}                | ${{ people: [] }}                                                | ${/empty/}
    ${'a group is named'}               | ${{ people: [{ userEntityRef: 'group:default/a', name: 'A' }] }} | ${/not a User/}
    ${'a ref is broken'}                | ${{ people: [{ userEntityRef: 'user:default/', name: 'A' }] }}   | ${/user:default/}
  `('refuses to start when $because', ({ changes, says }) => {
    expect(() => read(changes)).toThrow(says);
  });
});

describe('isLoopbackHost', () => {
  it.each([
    'localhost',
    'localhost:7007',
    'LOCALHOST',
    'portal.localhost:80',
    '127.0.0.1',
    '127.8.8.8:1',
    '::1',
    '[::1]',
    '[::1]:7007',
  ])('%s is this machine', host => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    '',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.example.com',
    '127.example.com',
    '[::2]:7007',
  ])('%s may be another', host => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

describe('choosePersona', () => {
  const offered = [
    { userEntityRef: 'user:default/ines.duarte', name: 'Inês Duarte' },
  ];

  it('finds the person, written in any case', () => {
    expect(choosePersona(offered, ' User:default/Ines.Duarte ')).toBe(
      offered[0],
    );
  });

  it.each([undefined, '', 'user:default/somebody.else', 'ines.duarte'])(
    'refuses %p',
    header => {
      expect(() => choosePersona(offered, header)).toThrow(/x-persona/);
    },
  );
});
