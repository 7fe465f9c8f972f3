import { buildSnapshot } from '../catalog/CatalogSnapshot';
import { answersFor, belongsTo, groupAndAbove } from './groups';

const group = (name: string, parent?: string, members?: string[]) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Group',
  metadata: { name, namespace: 'default' },
  spec: {
    type: 'team',
    children: [],
    ...(parent ? { parent } : {}),
    ...(members ? { members } : {}),
  },
});

const snapshot = buildSnapshot([
  group('company'),
  group('shopping', 'company'),
  group('payments', 'shopping', ['tomas']),
  group('one', 'two'),
  group('two', 'one'),
  {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name: 'ines', namespace: 'default' },
    spec: { memberOf: ['payments', 'group:default/shopping'] },
  },
]);

it('walks up through parents, and out of a circle', () => {
  expect(groupAndAbove(snapshot, 'group:default/payments')).toEqual([
    'group:default/payments',
    'group:default/shopping',
    'group:default/company',
  ]);
  expect(groupAndAbove(snapshot, 'group:default/one')).toEqual([
    'group:default/one',
    'group:default/two',
  ]);
});

it.each`
  who                               | of            | belongs  | answers
  ${['group:default/payments']}     | ${'payments'} | ${true}  | ${true}
  ${['group:default/payments']}     | ${'shopping'} | ${true}  | ${true}
  ${['group:default/shopping']}     | ${'payments'} | ${false} | ${true}
  ${['group:default/warehouse']}    | ${'payments'} | ${false} | ${false}
  ${['user:default/tomas']}         | ${'payments'} | ${false} | ${false}
  ${[]}                             | ${'payments'} | ${false} | ${false}
  ${['group:default/one', 'other']} | ${'two'}      | ${true}  | ${true}
`('$who in $of: belongs $belongs', ({ who, of, belongs, answers }) => {
  expect(belongsTo(snapshot, who, `group:default/${of}`)).toBe(belongs);
  expect(answersFor(snapshot, who, `group:default/${of}`)).toBe(answers);
});

it('reads members from users and from groups', () => {
  expect([...snapshot.members]).toEqual([
    [
      'group:default/payments',
      new Set(['user:default/tomas', 'user:default/ines']),
    ],
    ['group:default/shopping', new Set(['user:default/ines'])],
  ]);
});
