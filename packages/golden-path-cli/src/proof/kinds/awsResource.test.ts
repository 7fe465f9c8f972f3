import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { merged, writeRepository } from '../../render/changeActions';
import { loadTemplate } from '../../template/loadTemplate';
import { markdownLinks } from '../../verify/markdownLinks';
import { openProject } from '../../verify/project';
import { terraform } from '../../verify/terraform';
import { awsResourceFindings } from './awsResourceExpectations';
import { applyChange } from './applyChange';
import { repeatFindings, untouchedFindings } from './change';
import { contentOf, ON_THE_ROAD } from './changeFixtures';

/** One repository for each sort of configuration a resource becomes part of. */
const LAYOUTS = ['ts-gitlab-aws', 'fn-gitlab-lambda', 'ts-github-kubernetes'];
const KINDS = ['bucket', 'queue', 'database'];

describe('aws-resource', () => {
  let work: string;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'aws-resource-'));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  // The proof tries each layout and each kind; here all of them meet.
  it.each(LAYOUTS.flatMap(id => KINDS.map(kind => [kind, id] as const)))(
    'adds a %s to %s',
    async (kind, id) => {
      const template = await loadTemplate('aws-resource');
      const fixture = ON_THE_ROAD.find(known => known.id === id);
      expect(fixture).toBeDefined();
      const before = await contentOf(fixture!);
      const answers = {
        entityRef: `component:default/${id}`,
        kind,
        resource: 'due-mails',
      };
      const proposal = await applyChange(template, answers, before);
      const after = merged(before, proposal!);
      expect(awsResourceFindings(answers, before, after)).toEqual([]);
      expect(untouchedFindings(template, before, after)).toEqual([]);
      expect(
        repeatFindings(after, await applyChange(template, answers, after)),
      ).toEqual([]);

      const folder = join(work, `${kind}-${id}`);
      await writeRepository(folder, after);
      const project = await openProject(folder);
      for (const verifier of [terraform, markdownLinks]) {
        expect(await verifier.verify(project)).toMatchObject({
          status: 'passed',
          findings: [],
        });
      }
    },
    60_000,
  );

  it.each([
    ['bucket', [/nothing lets them out to 443/, /as whom pods come/]],
    ['database', [/out to 443/, /out to 5432/, /as whom pods come/]],
  ])('notices pods that cannot use a %s', async (kind, messages) => {
    const fixture = ON_THE_ROAD.find(
      ({ id }) => id === 'ts-github-kubernetes',
    )!;
    const before = await contentOf(fixture);
    const answers = {
      entityRef: `component:default/${fixture.id}`,
      kind,
      resource: 'uploads',
    };
    const template = await loadTemplate('aws-resource');
    const proposal = await applyChange(template, answers, before);
    const after = new Map(merged(before, proposal!));
    const policy = 'infra/kubernetes/base/networkpolicy.yaml';
    after.set(policy, before.get(policy)!);
    const page = `docs/resources/${kind}-uploads.md`;
    after.set(page, { ...after.get(page)!, content: Buffer.from('') });
    expect(
      awsResourceFindings(answers, before, after).map(f => f.message),
    ).toEqual(messages.map(message => expect.stringMatching(message)));
  });

  it('keeps to the length of a name in the catalog', async () => {
    const template = await loadTemplate('aws-resource');
    const fixture = ON_THE_ROAD.find(
      ({ id }) => id === 'ts-github-kubernetes',
    )!;
    const before = new Map(await contentOf(fixture));
    const catalog = before.get('catalog-info.yaml')!;
    const name = `s${'o-long'.repeat(10)}`;
    before.set('catalog-info.yaml', {
      ...catalog,
      content: Buffer.from(
        catalog.content
          .toString()
          .replace(/^( {2}name: )"?ts-github-kubernetes"?$/m, `$1${name}`),
      ),
    });
    const answers = {
      entityRef: `component:default/${name}`,
      kind: 'database',
      resource: 'all-in-here',
    };
    const proposal = await applyChange(template, answers, before);
    const after = proposal!.files['catalog-info.yaml'].content.toString();
    const added = `${name.slice(0, 42)}-database-all-in-here`;
    expect(added).toHaveLength(63);
    expect(after).toContain(`  name: ${added}\n`);
    expect(after).toContain(`resource:default/${added}\n`);
  });

  it.each([
    ['queue', 'refunds'],
    // A name is that of one kind.
    ['bucket', 'orders'],
  ])(
    'adds a second one, %s %s, beside the first',
    async (kind, resource) => {
      const template = await loadTemplate('aws-resource');
      const before = await contentOf(
        ON_THE_ROAD.find(({ id }) => id === 'ts-gitlab-aws')!,
      );
      const place = { entityRef: 'component:default/ts-gitlab-aws' };
      const one = { ...place, kind: 'queue', resource: 'orders' };
      const other = { ...place, kind, resource };
      const first = merged(before, (await applyChange(template, one, before))!);
      const both = merged(first, (await applyChange(template, other, first))!);
      expect(awsResourceFindings(other, first, both)).toEqual([]);
      const twice = both.get('catalog-info.yaml')!;
      const text = twice.content
        .toString()
        .replaceAll(`${kind}-${resource}`, 'queue-orders');
      expect(
        awsResourceFindings(
          other,
          first,
          new Map(both).set('catalog-info.yaml', {
            ...twice,
            content: Buffer.from(text),
          }),
        ),
      ).toContainEqual({
        where: 'catalog-info.yaml',
        message: 'two entities have the same name',
      });
      const folder = join(work, `two-${kind}`);
      await writeRepository(folder, both);
      expect(await terraform.verify(await openProject(folder))).toMatchObject({
        status: 'passed',
      });
    },
    60_000,
  );
});
