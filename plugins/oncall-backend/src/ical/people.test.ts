import { buildSnapshot } from '../catalog/CatalogSnapshot';
import { namesOf, shiftsOf } from './people';

const user = (name: string, displayName: string, email?: string) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'User',
  metadata: { name, namespace: 'default' },
  spec: { profile: { displayName, ...(email ? { email } : {}) } },
});
const snapshot = buildSnapshot([
  user('ines.duarte', 'Inês Duarte', 'Ines@example.com'),
  user('tomas', 'Tomás Reis'),
  user('sam.one', 'Sam'),
  user('sam.two', 'Sam'),
]);
const read = (summary: string, emails: string[] = []) => {
  const { shifts, unknown } = shiftsOf(
    [{ from: 0, to: 1000, summary, emails }],
    snapshot,
    namesOf(snapshot),
  );
  return { people: shifts[0].people.map(p => p.slice(13)), unknown };
};

it.each<[string, string, string[], string[], string[]]>([
  ['an address', 'x', ['ines@example.com'], ['ines.duarte'], []],
  [
    'an address before the summary',
    'tomas',
    ['ines@example.com'],
    ['ines.duarte'],
    [],
  ],
  [
    'an address nobody has, but a name',
    'tomas',
    ['calendar@group.example'],
    ['tomas'],
    [],
  ],
  ['an address nobody has', 'x', ['who@example.com'], [], ['who@example.com']],
  [
    'one of two addresses',
    'x',
    ['ines@example.com', 'b@c.d'],
    ['ines.duarte'],
    ['b@c.d'],
  ],
  ['a name', 'inês  duarte', [], ['ines.duarte'], []],
  ['a name in other characters', 'Ine\u0302s Duarte', [], ['ines.duarte'], []],
  ['an address as the summary', 'INES@example.com', [], ['ines.duarte'], []],
  ['a ref', 'user:default/tomas', [], ['tomas'], []],
  ['a short name', 'tomas', [], ['tomas'], []],
  ['two people', 'Inês Duarte, Tomás Reis', [], ['ines.duarte', 'tomas'], []],
  ['more words', 'Payments on-call: Tomás Reis', [], ['tomas'], []],
  ['more words after', 'Tomás Reis - primary', [], ['tomas'], []],
  ['a name that two have', 'Sam', [], [], ['Sam']],
  ['a name nobody has', 'Zoe', [], [], ['Zoe']],
  ['part of a name', 'Tomás', [], [], ['Tomás']],
  ['nothing', '', [], [], ['(an event without a summary)']],
])('takes %s for whom it stands for', (_, summary, emails, people, unknown) => {
  expect(read(summary, emails)).toEqual({ people, unknown });
});
