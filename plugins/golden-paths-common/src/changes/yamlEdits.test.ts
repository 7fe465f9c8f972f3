import fc from 'fast-check';
import { parseAllDocuments, stringify } from 'yaml';
import { editYaml, type YamlEdit } from './yamlEdits';

const ENTITY = `# ours since 2019
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ledger # never rename
  annotations:
    "example.com/quoted": 'single'
    pavedroad.dev/on-call-schedule: payments

  tags: [a, b]
spec:
  type: service
  owner:   payments   # the team

# the interface
---
kind: API
metadata: { name: ledger }
spec:
  owner: "group:default/payments"
  dependsOn:
  # the database
  - resource:default/db
`;

describe('editYaml', () => {
  it.each<[string, YamlEdit, [string, string][]]>([
    [
      'sets a value and keeps what stands beside it',
      {
        path: ['spec', 'owner'],
        is: ['payments', 'group:default/payments'],
        set: 'group:default/storefront',
      },
      [
        ['owner:   payments   #', 'owner:   group:default/storefront   #'],
        ['"group:default/payments"', '"group:default/storefront"'],
      ],
    ],
    [
      'adds a key after the last of its map',
      {
        document: { kind: 'Component', name: 'ledger' },
        path: ['spec', 'lifecycle'],
        set: 'deprecated',
      },
      [['# the team\n', '# the team\n  lifecycle: deprecated\n']],
    ],
    [
      'adds a key to a map in braces',
      {
        document: { kind: 'API' },
        path: ['metadata', 'title'],
        default: 'Ledger, API',
      },
      [['{ name: ledger }', '{ name: ledger, title: "Ledger, API" }']],
    ],
    [
      'makes the maps on the way',
      {
        document: { kind: 'API' },
        path: ['spec', 'a', 'b.c/d'],
        set: 1,
      },
      [
        [
          '  - resource:default/db\n',
          '  - resource:default/db\n  a:\n    b.c/d: 1\n',
        ],
      ],
    ],
    [
      'adds to a list in brackets',
      { document: { kind: 'Component' }, path: ['metadata', 'tags'], add: 'c' },
      [['[a, b]', '[a, b, c]']],
    ],
    [
      'adds to a list of lines',
      {
        document: { kind: 'API' },
        path: ['spec', 'dependsOn'],
        add: 'resource:default/bucket',
      },
      [
        [
          '  - resource:default/db\n',
          '  - resource:default/db\n  - resource:default/bucket\n',
        ],
      ],
    ],
    [
      'takes a line out',
      {
        path: ['metadata', 'annotations', 'pavedroad.dev/on-call-schedule'],
        delete: true,
      },
      [['    pavedroad.dev/on-call-schedule: payments\n', '']],
    ],
    [
      'keeps a value that is there',
      { document: { kind: 'Component' }, path: ['spec', 'type'], default: 'x' },
      [],
    ],
    ['finds nothing to take out', { path: ['spec', 'none'], delete: true }, []],
    [
      'does nothing where the value is another',
      { path: ['spec', 'owner'], is: ['identity'], set: 'storefront' },
      [],
    ],
  ])('%s', (_, edit, replacements) => {
    const wanted = replacements.reduce(
      (text, [from, to]) => text.replace(from, to),
      ENTITY,
    );
    const result = editYaml(ENTITY, [edit]);
    expect(result).toBe(wanted);
    expect(editYaml(result, [edit])).toBe(result);
  });

  it('adds below a star only to lists that are there', () => {
    const text = 'nav:\n  - Home: a.md\n  - Runbooks:\n      - One: one.md\n';
    expect(
      editYaml(text, [
        { path: ['nav', '*', 'Runbooks'], add: { Two: 'two.md' } },
      ]),
    ).toBe(`${text}      - Two: two.md\n`);
  });

  it('changes every item below a star, and adds none', () => {
    const text =
      'groups:\n  - rules:\n      - alert: A\n        labels: { owner: payments, severity: page }\n      - record: b\n';
    expect(
      editYaml(text, [
        {
          path: ['groups', '*', 'rules', '*', 'labels', 'owner'],
          set: 'storefront',
        },
      ]),
    ).toBe(text.replace('payments', 'storefront'));
  });

  it.each([
    ['no YAML', 'a: [', /no valid YAML/],
    ['an alias', 'a: &x y\nspec:\n  owner: *x\n', /aliases/],
    ['what is behind an alias', 'a: &x {owner: y}\nspec: *x\n', /aliases/],
    [
      'what is merged from elsewhere',
      'a: &x {owner: y}\nspec:\n  <<: *x\n  type: z\n',
      /aliases/,
    ],
    ['an anchor', 'spec:\n  owner: &x y\na: *x\n', /aliases/],
    ['what is below an anchor', 'spec: &x\n  owner: y\na: *x\n', /aliases/],
    [
      'a new value beside aliases',
      'a: &x {}\nb: *x\nspec:\n  type: y\n',
      /aliases/,
    ],
    [
      'a map in the value’s place',
      'spec:\n  owner:\n    a: 1\n',
      /more than one/,
    ],
    ['a list in the map’s place', 'spec:\n  - a\n', /no map|cannot/],
  ])('refuses %s', (_, text, message) => {
    expect(() =>
      editYaml(text, [{ path: ['spec', 'owner'], set: 'b' }]),
    ).toThrow(message);
  });

  it('sets a value that no anchor and no alias reaches', () => {
    const text = 'a: &x {owner: y}\nb: *x\nspec:\n  owner: y # them\n';
    const edit = { path: ['*', 'owner'], is: ['z'], set: 'b' };
    expect(
      editYaml(text, [{ path: ['spec', 'owner'], is: ['y'], set: 'b' }]),
    ).toBe(text.replace('y # them', 'b # them'));
    // Whether it is asked for behind the alias cannot be said in passing.
    expect(() => editYaml(text, [edit])).toThrow(/aliases/);
  });

  it('does not unfold aliases of aliases', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(12)}]`,
    );
    const text = `l0: &l0 x\n${levels.join('\n')}\nspec:\n  owner: y\n`;
    expect(editYaml(text, [{ path: ['spec', 'owner'], set: 'b' }])).toBe(
      text.replace('owner: y', 'owner: b'),
    );
  });

  it.each([
    ['spec:\n', 'spec:\n  owner: b\n'],
    ['spec:\n  owner:\n', 'spec:\n  owner: b\n'],
    ['spec: {}\n', 'spec: {owner: b}\n'],
    ['spec:\n  type: x', 'spec:\n  type: x\n  owner: b\n'],
    ['kind: A\n', 'kind: A\nspec:\n  owner: b\n'],
    ['spec:\n  owner: |\n    a\n  x: 1\n', 'spec:\n  owner: b\n  x: 1\n'],
  ])('sets a value in %j', (text, wanted) => {
    expect(editYaml(text, [{ path: ['spec', 'owner'], set: 'b' }])).toBe(
      wanted,
    );
  });

  it('means what it says and loses no line, whatever is there', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd.e/f');
    const leaf = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.integer(),
      fc.boolean(),
    );
    const tree = fc.dictionary(
      key,
      fc.oneof(
        leaf,
        fc.array(leaf, { maxLength: 3 }),
        fc.dictionary(key, leaf),
      ),
    );
    const property = fc.property(
      tree,
      fc.array(key, { minLength: 1, maxLength: 3 }),
      leaf,
      (value, path, wanted) => {
        const text = `# first\n${stringify(value)}# last\n`;
        const attempt = () => {
          try {
            return { result: editYaml(text, [{ path, set: wanted }]) };
          } catch (error) {
            return { refused: (error as Error).name };
          }
        };
        const { result, refused } = attempt();
        if (result === undefined) {
          return refused === 'YamlEditError';
        }
        const [document] = parseAllDocuments(result);
        return (
          JSON.stringify(document.getIn(path)) === JSON.stringify(wanted) &&
          result.startsWith('# first\n') &&
          result.includes('# last\n')
        );
      },
    );
    expect(() => fc.assert(property, { numRuns: 500 })).not.toThrow();
  });
});
