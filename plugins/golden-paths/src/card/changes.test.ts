import { changesFor, mayChange } from './changes';

const component = (
  annotations: Record<string, string> = {
    'backstage.io/source-location': 'url:https://host/payments/ledger/',
  },
  type = 'service',
) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name: 'ledger',
    description: 'Keeps balances',
    labels: { 'pavedroad.dev/tier': '1' },
    annotations,
  },
  spec: { type },
  relations: [
    { type: 'ownedBy', targetRef: 'group:default/payments' },
    { type: 'partOf', targetRef: 'system:default/payments' },
  ],
});

const template = (name: string, types: string, only?: string) => ({
  apiVersion: 'scaffolder.backstage.io/v1beta3',
  kind: 'Template',
  metadata: {
    name,
    title: `Title of ${name}`,
    description: 'What it does',
    annotations: {
      'pavedroad.dev/changes': types,
      ...(only ? { 'pavedroad.dev/changes-only': only } : {}),
    },
  },
});

const templates = [
  template('change-owner', 'service, library'),
  template('add-slo', 'service, job', 'on-path, living'),
  template('adopt', 'service', 'off-path'),
  template('decommission', 'service', 'made, living'),
  template('of-jobs', 'job'),
];

const onPath = {
  'backstage.io/source-location': 'url:https://host/payments/ledger/',
  'backstage.io/source-template': 'template:default/typescript-service',
};

describe('changesFor', () => {
  it.each<[string, ReturnType<typeof component>, string[]]>([
    [
      'a service a template made',
      component(onPath),
      ['add-slo', 'change-owner', 'decommission'],
    ],
    [
      'a service that was adopted, whose pipeline is its own',
      component({
        ...onPath,
        'backstage.io/source-template': 'template:default/adopt',
      }),
      ['add-slo', 'change-owner'],
    ],
    ['a service off the road', component(), ['adopt', 'change-owner']],
    [
      'a service that is being taken out',
      component({
        ...onPath,
        'pavedroad.dev/out-of-service': 'docs/decommission.md',
      }),
      ['change-owner'],
    ],
    ['a library', component(undefined, 'library'), ['change-owner']],
    ['a service without a repository', component({}), []],
    [
      'a service in a file',
      component({ 'backstage.io/source-location': 'file:/tmp/' }),
      [],
    ],
  ])('offers %s what applies', (_, entity, wanted) => {
    expect(
      changesFor(entity, templates).map(c => c.templateRef.split('/')[1]),
    ).toEqual(wanted);
  });

  it('fills in what is known, and only where it is asked what it is', () => {
    const [adopt, owner] = changesFor(component(), templates);
    const answers = (href: string) => {
      const url = new URL(href, 'http://x');
      return [url.pathname, JSON.parse(url.searchParams.get('formData') ?? '')];
    };
    expect(answers(adopt.href)).toEqual([
      '/create/templates/default/adopt',
      {
        entityRef: 'component:default/ledger',
        name: 'ledger',
        description: 'Keeps balances',
        owner: 'group:default/payments',
        system: 'system:default/payments',
        tier: 1,
      },
    ]);
    expect(answers(owner.href)).toEqual([
      '/create/templates/default/change-owner',
      { entityRef: 'component:default/ledger' },
    ]);
  });
});

it('speaks of a component in another namespace by its full name', () => {
  const entity = component(onPath);
  const [change] = changesFor(
    { ...entity, metadata: { ...entity.metadata, namespace: 'shop' } },
    templates,
  );
  expect(new URL(change.href, 'http://x').searchParams.get('formData')).toBe(
    '{"entityRef":"component:shop/ledger"}',
  );
});

describe('mayChange', () => {
  it.each([
    ['an owner', ['user:default/ines', 'group:default/Payments'], true],
    ['an administrator', ['group:default/platform'], true],
    ['a group of that name elsewhere', ['group:shop/payments'], false],
    ['somebody else', ['user:default/tom', 'group:default/routing'], false],
    ['nobody', [], false],
  ])('%s with %j: %s', (_, refs, may) => {
    expect(mayChange(component(), refs, ['platform'])).toBe(may);
  });
});
