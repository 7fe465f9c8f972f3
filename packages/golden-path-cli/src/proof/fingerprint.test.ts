import { withoutPackages } from '../verify/ansible';
import { outcome, type Project } from '../verify/types';
import {
  contentsOf,
  fingerprint,
  KnownOutcomes,
  withChanged,
} from './fingerprint';

const project = (files: Record<string, string>): Project => ({
  folder: '/nowhere',
  files: Object.keys(files),
  read: async file => files[file],
});

describe('fingerprint', () => {
  const verifier = {
    id: 'rules',
    reads: (file: string) => file.startsWith('a/'),
    asksFor: (file: string) => file.startsWith('b/'),
    essence: (_: string, text: string) => text.replace(/#.*/g, ''),
  };
  const base = { 'a/x': 'one # said', 'b/y': 'two', 'c/z': 'three' };
  const of = async (files: Record<string, string>, stage?: string) =>
    fingerprint(verifier, await contentsOf(project(files)), stage);

  it.each([
    ['a file it does not read', { ...base, 'c/z': 'other' }, true],
    ['a file it only asks for', { ...base, 'b/y': 'other' }, true],
    ['what cannot change its answer', { ...base, 'a/x': 'one # more' }, true],
    [
      'the order of files',
      Object.fromEntries(Object.entries(base).reverse()),
      true,
    ],
    ['a file it reads', { ...base, 'a/x': 'other # said' }, false],
    ['one more that it reads', { ...base, 'a/w': '' }, false],
    [
      'one it asks for that is gone',
      { 'a/x': base['a/x'], 'c/z': 'three' },
      false,
    ],
  ])('tells %s', async (_, files, same) => {
    expect((await of(files)) === (await of(base))).toBe(same);
  });

  it('tells verifiers, parts of them, and a file that was changed', async () => {
    const contents = await contentsOf(project(base));
    const all = [
      fingerprint(verifier, contents),
      fingerprint(verifier, contents, 'quick'),
      fingerprint({ ...verifier, id: 'other' }, contents),
      fingerprint(verifier, withChanged(contents, 'a/x', 'other')),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('reads everything where a verifier does not say what', async () => {
    const every = async (files: Record<string, string>) =>
      fingerprint({ id: 'every' }, await contentsOf(project(files)));
    expect(await every({ ...base, 'c/z': 'other' })).not.toBe(
      await every(base),
    );
  });
});

describe('KnownOutcomes', () => {
  it('works each thing out once, and says for which template', async () => {
    const known = new KnownOutcomes();
    let times = 0;
    const work = async () => {
      times += 1;
      return outcome([]);
    };
    const [first, same] = await Promise.all([
      known.once('one', 'key', work),
      known.once('one', 'key', work),
    ]);
    const other = await known.once('two', 'key', work);
    expect(times).toBe(1);
    expect([first.from, same.from, other.from]).toEqual([
      undefined,
      undefined,
      'one',
    ]);
    await known.once('two', 'another key', work);
    expect(times).toBe(2);
  });

  it('works out again what could not be worked out', async () => {
    const known = new KnownOutcomes();
    const broken = () => Promise.reject(new Error('no memory left'));
    const together = await Promise.allSettled([
      known.once('one', 'key', broken),
      known.once('two', 'key', broken),
    ]);
    expect(together.map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
    ]);
    expect(await known.once('two', 'key', async () => outcome([]))).toEqual({
      outcome: outcome([]),
    });
  });
});

describe('withoutPackages', () => {
  const file = 'infra/vm/roles/service/defaults/main.yml';
  it.each([
    [
      'plain names',
      'service_packages: ["nodejs", "libc6"]\n',
      'service_packages: []\n',
    ],
    [
      'anything else',
      'service_packages: "{{ x }}"\n',
      'service_packages: "{{ x }}"\n',
    ],
    [
      'a name that is none',
      'service_packages: ["a b"]\n',
      'service_packages: ["a b"]\n',
    ],
  ])('%s', (_, text, left) => {
    expect(withoutPackages(file, text)).toBe(left);
  });
});
