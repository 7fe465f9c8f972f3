import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import {
  differences,
  merged,
  type Proposal,
  writeRepository,
} from '../../render/changeActions';
import type { Answers } from '../../template/answers';
import { loadTemplate } from '../../template/loadTemplate';
import { applyChange } from './applyChange';
import { repeatFindings, untouchedFindings } from './change';
import { expectations } from './changeExpectations';
import { contentOf, OFF_THE_ROAD, ON_THE_ROAD } from './changeFixtures';

const CATALOG = 'catalog-info.yaml';

/** Another component of the same team in the same file, with a schedule of its own. */
const NEIGHBOUR = `---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: neighbour
  annotations:
    pavedroad.dev/on-call-schedule: nights
spec:
  type: service
  lifecycle: production
  owner: group:default/payments
`;

async function withNeighbour() {
  const fixture = ON_THE_ROAD[0];
  const before = new Map(await contentOf(fixture));
  const { content, executable } = before.get(CATALOG)!;
  const text = content.toString('utf8').replace(/\n*$/, '\n');
  before.set(CATALOG, { content: Buffer.from(text + NEIGHBOUR), executable });
  return { id: fixture.id, before };
}

describe('a change to one of several components in a file', () => {
  it.each([
    ['change-owner', { owner: 'group:default/storefront' }],
    ['decommission', { confirmName: ON_THE_ROAD[0].id }],
  ])('%s leaves its neighbour as it is', async (name, asked) => {
    const { id, before } = await withNeighbour();
    const proposal = await applyChange(
      await loadTemplate(name),
      { entityRef: `component:default/${id}`, ...asked },
      before,
    );
    const after = merged(before, proposal!).get(CATALOG)!.content.toString();
    expect(after.endsWith(NEIGHBOUR)).toBe(true);
    expect(parseAllDocuments(after)[0].toJS()).not.toEqual(
      parseAllDocuments(before.get(CATALOG)!.content.toString())[0].toJS(),
    );
  });
});

/** A repository of the road, after one change after the other. */
async function changed(
  id: string,
  changes: readonly (readonly [string, Answers])[],
) {
  const fixture = ON_THE_ROAD.find(known => known.id === id)!;
  let repository = await contentOf(fixture);
  let before = repository;
  let proposal: Proposal | undefined;
  for (const [name, answers] of changes) {
    before = repository;
    proposal = await applyChange(
      await loadTemplate(name),
      { entityRef: `component:default/${id}`, ...answers },
      before,
    );
    repository = merged(before, proposal!);
  }
  return { before, after: repository, proposal: proposal! };
}

describe('one change on top of another', () => {
  let work: string;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'golden-path-changes-'));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  it.each([
    ['change-owner', { owner: 'group:default/storefront' }],
    ['decommission', { confirmName: 'ts-gitlab-aws' }],
  ])(
    '%s changes an added objective with its tests',
    async (name, asked) => {
      const { before, after, proposal } = await changed('ts-gitlab-aws', [
        ['add-slo', { sloName: 'checkout', indicator: 'freshness' }],
        [name, asked],
      ]);
      expect(proposal.leftAlone).toEqual([]);
      const added = 'observability/prometheus/slo-checkout';
      const files = [`${added}/rules.yaml`, `${added}/rules.test.yaml`];
      expect(differences(before, after)).toEqual(expect.arrayContaining(files));
      await writeRepository(join(work, name), after);
      await expect(
        promisify(execFile)('promtool', ['test', 'rules', 'rules.test.yaml'], {
          cwd: join(work, name, added),
        }),
      ).resolves.toMatchObject({ stdout: expect.stringContaining('SUCCESS') });
    },
    60_000,
  );

  it.each([
    ['ts-gitlab-aws', 'infra/aws/versions.tf', true],
    ['fn-gitlab-lambda', 'infra/aws/main.tf', true],
    ['ts-jenkins-vm', 'infra/vm/roles/service/meta/main.yml', false],
    ['ts-jenkins-vm', 'infra/aws-resources/orders/versions.tf', false],
  ])('hands over %s with %s', async (id, file, applied) => {
    const answers = { owner: 'group:default/storefront' };
    const { before, after, proposal } = await changed(id, [
      ['aws-resource', { kind: 'queue', resource: 'orders' }],
      ['change-owner', answers],
    ]);
    expect(expectations('change-owner', answers, before, after)).toEqual([]);
    expect(
      expectations(
        'change-owner',
        answers,
        before,
        new Map(after).set(file, before.get(file)!),
      ),
    ).toEqual([{ where: file, message: 'names the old owner' }]);
    expect(/a person applies `infra\/aws`/.test(proposal.description)).toBe(
      applied,
    );
  });

  it('says who loads the rules of an objective where nothing does', async () => {
    for (const [id, told] of [
      ['ts-github-kubernetes', false],
      ['ts-jenkins-vm', true],
      ['ts-gitlab-aws', true],
      ['py-github-paas', true],
    ] as const) {
      const { proposal } = await changed(id, [
        ['add-slo', { sloName: 'checkout', indicator: 'availability' }],
      ]);
      expect([id, /runs your Prometheus/.test(proposal.description)]).toEqual([
        id,
        told,
      ]);
    }
  });
});

it('takes no service out whose pipeline no template made', async () => {
  const [fixture] = OFF_THE_ROAD;
  const { id } = fixture;
  const before = await contentOf(fixture);
  const adopted = merged(
    before,
    (await applyChange(
      await loadTemplate('adopt-existing-service'),
      {
        repositoryUrl: `http://localhost:7007/api/git/payments/${id}`,
        name: id,
        owner: 'group:default/payments',
        description: 'Keeps balances',
      },
      before,
    ))!,
  );
  await expect(
    applyChange(
      await loadTemplate('decommission'),
      { entityRef: `component:default/${id}`, confirmName: id },
      adopted,
    ),
  ).rejects.toThrow(/No golden path made ci\/deploy\.sh/);
});

it('leaves rules a team has to the team, and brings no tests that are not theirs', async () => {
  const [fixture] = OFF_THE_ROAD;
  const folder = 'observability/prometheus';
  const answers = {
    repositoryUrl: `http://localhost:7007/api/git/payments/${fixture.id}`,
    name: fixture.id,
    owner: 'group:default/payments',
    description: 'Keeps balances',
  };
  const before = new Map(await contentOf(fixture)).set(`${folder}/rules.yaml`, {
    content: Buffer.from('groups: []\n'),
    executable: false,
  });
  const proposal = (await applyChange(
    await loadTemplate('adopt-existing-service'),
    answers,
    before,
  ))!;
  const added = Object.keys(proposal.files);
  expect(added.filter(path => path.includes('/rules.'))).toEqual([]);
  expect(added).toContain(`${folder}/prometheus.yaml`);
  expect(proposal.description).toContain(
    `${folder}/rules.test.yaml\`: it is left out`,
  );
  expect(
    expectations(
      'adopt-existing-service',
      answers,
      before,
      merged(before, proposal),
    ),
  ).toEqual([]);
});

it('takes down what Argo Rollouts keeps running', async () => {
  const fixture = ON_THE_ROAD.find(
    ({ id }) => id === 'web-jenkins-kubernetes',
  )!;
  const before = await contentOf(fixture);
  const answers = {
    entityRef: `component:default/${fixture.id}`,
    confirmName: fixture.id,
  };
  const after = merged(
    before,
    (await applyChange(await loadTemplate('decommission'), answers, before))!,
  );
  expect(expectations('decommission', answers, before, after)).toEqual([]);
  const undeploy = after.get('ci/undeploy.sh')!;
  const forgets = new Map(after).set('ci/undeploy.sh', {
    ...undeploy,
    content: Buffer.from(
      undeploy.content.toString().replace('Rollout:rollouts.argoproj.io ', ''),
    ),
  });
  expect(expectations('decommission', answers, before, forgets)).toEqual([
    { where: 'ci/undeploy.sh', message: 'leaves the rollout running' },
  ]);
});

it.each([
  ['bucket', 'ts-gitlab-aws', 'infra/aws/bucket-orders.tf', 'prevent_destroy'],
  [
    'database',
    'ts-github-kubernetes',
    'infra/aws-resources/orders/database-orders.tf',
    'deletion_protection',
  ],
])(
  'takes out of service with a %s on AWS: %s',
  async (kind, id, file, protection) => {
    const answers = { confirmName: id };
    const { before, after } = await changed(id, [
      ['aws-resource', { kind, resource: 'orders' }],
      ['decommission', answers],
    ]);
    // The resource's entity is deprecated as well.
    expect(before.get(CATALOG)!.content.toString()).toContain('kind: Resource');
    expect(expectations('decommission', answers, before, after)).toEqual([]);
    const checklist = after.get('docs/decommission.md')!;
    const lines = checklist.content.toString().split('\n');
    expect(lines.find(line => line.includes(`\`${file}\``))).toContain(
      protection,
    );
    const forgets = new Map(after).set('docs/decommission.md', {
      ...checklist,
      content: Buffer.from(
        lines.filter(line => !line.includes(file)).join('\n'),
      ),
    });
    expect(expectations('decommission', answers, before, forgets)).toEqual([
      { where: file, message: 'is not in the checklist' },
    ]);
  },
);

const LOADS = 'has loaded the rules of this branch';
const DELETES = 'may list and delete';
const TURNS_OFF = 'may turn off the alarms';

it.each([
  [
    'ts-github-kubernetes',
    [DELETES, 'may delete its two Applications'],
    /applies `infra\/gitops\/staging\.yaml`/,
  ],
  ['worker-github-kubernetes', [DELETES], /deploys it again/],
  ['ts-gitlab-aws', [TURNS_OFF, LOADS], /enable-alarm-actions/],
  ['py-github-paas', [LOADS], /`web` is scaled/],
  // Nobody is paged by it before, either.
  ['ts-jenkins-vm', [], /deploys it again/],
])(
  'says what has to be so before %s goes, and how it comes back',
  async (id, wanted, back) => {
    const { after, proposal } = await changed(id, [
      ['decommission', { confirmName: id }],
    ]);
    const asked = [
      DELETES,
      'may delete its two Applications',
      TURNS_OFF,
      LOADS,
    ].filter(words => proposal.description.includes(words));
    expect(asked).toEqual(wanted);
    expect(after.get('docs/decommission.md')!.content.toString()).toMatch(back);
  },
);

describe('a change that does more, or less, than it says', () => {
  const file = (text: string) => ({
    content: Buffer.from(text),
    executable: false,
  });

  it('is found to touch what is not its own', async () => {
    const template = await loadTemplate('change-owner');
    const { id, before } = await withNeighbour();
    const proposal = await applyChange(
      template,
      {
        entityRef: `component:default/${id}`,
        owner: 'group:default/storefront',
      },
      before,
    );
    const after = new Map(merged(before, proposal!));
    expect(untouchedFindings(template, before, after)).toEqual([]);
    after.set('VERSION', file('2.0.0\n'));
    expect(untouchedFindings(template, before, after)).toEqual([
      {
        where: 'VERSION',
        message: 'is not the change’s, and differs afterwards',
      },
    ]);
  });

  it('is found to be proposed a second time', () => {
    const after = new Map([['a', file('1\n')]]);
    const again = {
      delete: [],
      branch: 'b',
      title: 't',
      description: 'd',
      leftAlone: [],
      files: { a: { content: file('1\n1\n').content, executable: false } },
    };
    expect(repeatFindings(after, undefined)).toEqual([]);
    expect(repeatFindings(after, again)).toEqual([
      { where: 'a', message: 'would be proposed a second time' },
    ]);
  });
});
