import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Proof } from '../proof/types';
import { loadTemplate } from '../template/loadTemplate';
import { digestOf } from './digest';
import { partsOf } from './parts';
import { candidate, publish, refusal } from './publish';
import { publicationFindings, readReleases } from './releases';

const TEMPLATE = `# About this template
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: ledger-service
  annotations:
    pavedroad.dev/template-version: 1.0.0
    pavedroad.dev/channel: beta
spec:
  owner: group:default/platform
  type: service
  parameters: []
  steps:
    - { id: service, action: 'fetch:template', input: { url: ./skeleton } }
    - { id: ci, action: 'fetch:template', input: { url: ../platform/ci } }
    - { id: again, action: 'fetch:template', input: { url: ../platform/ci } }
    - { id: publish, action: 'pavedroad:publish', input: {} }
`;

const PROVED: Proof = {
  template: 'ledger-service',
  version: '1.0.0',
  startedAt: '2026-03-01T10:00:00.000Z',
  seconds: 90,
  cpuSeconds: 120,
  reused: {},
  checks: [],
  cases: [],
  mutations: [],
  notRun: ['image scan'],
  counts: {
    passed: 40,
    failed: 0,
    skipped: 0,
    notRun: 1,
    caught: 12,
    missed: 0,
    mutationsSkipped: 0,
  },
  complete: true,
  ok: true,
};

const NOW = new Date('2026-03-01T10:02:00Z');

describe('publishing', () => {
  let root: string;
  const file = (path: string) => join(root, path);
  const load = () => loadTemplate('ledger-service', root);
  const write = async (path: string, text: string) => {
    await mkdir(join(file(path), '..'), { recursive: true });
    await writeFile(file(path), text);
  };
  const replace = async (path: string, from: string, to: string) => {
    const text = await readFile(file(path), 'utf8');
    expect(text).toContain(from);
    await writeFile(file(path), text.replace(from, to));
  };
  const publishNow = async () => {
    const found = await candidate(await load());
    if (!found) {
      throw new Error('nothing to publish');
    }
    await publish(found, PROVED, NOW);
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'golden-path-release-'));
    await write('ledger-service/template.yaml', TEMPLATE);
    await write('ledger-service/CHANGELOG.md', '# Changelog');
    await write('ledger-service/skeleton/run.sh', 'echo ledger');
    await write('platform/ci/ci/lint.sh', 'echo lint');
    await write('platform/iac/main.tf', '# not of this template');
  });
  afterEach(() => rm(root, { recursive: true }));

  it('takes a template to be made of its folder and those its steps name', async () => {
    expect(partsOf(await load())).toEqual(['ledger-service', 'platform/ci']);
  });

  it('offers no version that is not published', async () => {
    expect(await publicationFindings(await load())).toEqual([
      {
        where: 'releases.yaml',
        message:
          'version 1.0.0 is not published: npm run templates -- publish ledger-service',
      },
    ]);
    await publishNow();
    expect(await publicationFindings(await load())).toEqual([]);
    expect(await readReleases(await load())).toEqual([
      {
        version: '1.0.0',
        provedAt: '2026-03-01T10:02:00.000Z',
        proof: { rows: 0, checks: 40, mutations: 12 },
        consistsOf: await digestOf(await load()),
      },
    ]);
    // Nothing is left to publish.
    expect(await candidate(await load())).toBeUndefined();
  });

  it.each([
    ['a file of its own', 'ledger-service/skeleton/run.sh', 'ledger-service'],
    ['a file of the platform layer', 'platform/ci/ci/lint.sh', 'platform/ci'],
  ])('refuses %s that changed', async (_, path, part) => {
    await publishNow();
    await replace(path, 'echo', 'printf');
    const says = `published as something else, and a published version never changes`;
    const [finding] = await publicationFindings(await load());
    expect(finding.message).toContain(`${says} (${part})`);
    await expect(candidate(await load())).rejects.toThrow(says);
  });

  it.each([
    ['a new file', () => write('platform/ci/ci/new.sh', '')],
    ['a lost file', () => rm(file('platform/ci/ci/lint.sh'))],
    ['a mode', () => chmod(file('ledger-service/skeleton/run.sh'), 0o755)],
    [
      'a step',
      () => replace('ledger-service/template.yaml', './skeleton', './skelet'),
    ],
  ])('notices %s', async (_, change) => {
    await publishNow();
    await change();
    expect(await publicationFindings(await load())).toHaveLength(1);
  });

  it.each([
    [
      'the channel',
      () =>
        replace(
          'ledger-service/template.yaml',
          'channel: beta',
          'channel: stable',
        ),
    ],
    [
      'a comment',
      () => replace('ledger-service/template.yaml', '# About', '# More about'),
    ],
    ['the changelog', () => write('ledger-service/CHANGELOG.md', '# Said')],
    ['other parts', () => write('platform/iac/main.tf', '# changed')],
  ])('lets %s change', async (_, change) => {
    await publishNow();
    await change();
    expect(await publicationFindings(await load())).toEqual([]);
  });

  it('keeps what was published before', async () => {
    await publishNow();
    await replace('platform/ci/ci/lint.sh', 'echo', 'printf');
    await replace('ledger-service/template.yaml', '1.0.0', '1.0.1');
    const found = await candidate(await load());
    await publish(found!, { ...PROVED, version: '1.0.1' }, NOW);
    expect(
      (await readReleases(await load())).map(({ version }) => version),
    ).toEqual(['1.0.1', '1.0.0']);
    // Where a copy of it is does not matter.
    const copy = `${root}-copy`;
    await cp(root, copy, { recursive: true });
    try {
      expect(
        await publicationFindings(await loadTemplate('ledger-service', copy)),
      ).toEqual([]);
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  it('is nothing for drafts', async () => {
    await replace(
      'ledger-service/template.yaml',
      'channel: beta',
      'channel: draft',
    );
    expect(await publicationFindings(await load())).toEqual([]);
    await expect(candidate(await load())).rejects.toThrow('is a draft');
  });

  const counts = PROVED.counts;
  it.each([
    ['a part', { complete: false }, 'only a part'],
    ['a failure', { ok: false }, 'its proof failed'],
    ['a miss', { counts: { ...counts, missed: 1 } }, '1 mutations that'],
    ['a missing tool', { counts: { ...counts, skipped: 2 } }, '2 checks'],
    [
      'a mutation that was skipped',
      { counts: { ...counts, mutationsSkipped: 3 } },
      '3 mutations were skipped',
    ],
  ])('refuses %s', async (_, what, why) => {
    const proof = { ...PROVED, ...what };
    expect(refusal(proof)).toContain(why);
    const found = await candidate(await load());
    await expect(publish(found!, proof, NOW)).rejects.toThrow(why);
    expect(await readReleases(await load())).toEqual([]);
  });

  it('refuses what changed while it was proved', async () => {
    const found = await candidate(await load());
    await replace('platform/ci/ci/lint.sh', 'echo', 'printf');
    await expect(publish(found!, PROVED, NOW)).rejects.toThrow(
      'platform/ci changed while it was proved',
    );
    expect(await readReleases(await load())).toEqual([]);
  });

  it('says what is wrong with a record', async () => {
    await write('ledger-service/releases.yaml', '- version: 1.0.0');
    await expect(publicationFindings(await load())).rejects.toThrow(
      'ledger-service/releases.yaml is not a record of releases',
    );
  });
});
