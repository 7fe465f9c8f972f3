import { parseAllDocuments } from 'yaml';
import { merged } from '../../render/changeActions';
import { loadTemplate } from '../../template/loadTemplate';
import { applyChange, repeatFindings, untouchedFindings } from './change';
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
      files: { a: { content: file('1\n1\n').content, executable: false } },
    };
    expect(repeatFindings(after, undefined)).toEqual([]);
    expect(repeatFindings(after, again)).toEqual([
      { where: 'a', message: 'would be proposed a second time' },
    ]);
  });
});
