import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outcome } from '../verify/types';
import type { CheckId } from './checks';
import { pipelineDifferences } from './coverage';
import { kindOf, mutationsOf } from './kinds';
import {
  PYTHON_MUTATIONS,
  TYPESCRIPT_MUTATIONS,
} from './kinds/serviceMutations';
import {
  DELIVERY_MUTATIONS,
  PIPELINE_MUTATIONS,
  SCRIPT_MUTATIONS,
  STATIC_MUTATIONS,
} from './mutations';
import { notTried, renderDifferences, toCheck } from './proveTemplate';
import {
  countsLine,
  junitReport,
  summary,
  textReport,
  timingsTable,
} from './report';
import type { Proof } from './types';
import { listTemplates, loadTemplate } from '../template/loadTemplate';
import { VERIFIERS } from '../verify';

describe('toCheck', () => {
  it.each([
    ['passed', outcome([]), false, 'passed'],
    ['failed', outcome([{ where: 'x', message: 'y' }]), false, 'failed'],
    [
      'a missing tool on a laptop',
      { status: 'skipped', missing: 'kubectl' } as const,
      false,
      'skipped',
    ],
    [
      'a missing tool under CI',
      { status: 'skipped', missing: 'kubectl' } as const,
      true,
      'failed',
    ],
    ['nothing of the kind', { status: 'absent' } as const, true, undefined],
  ])('%s', (_, result, underCi, status) => {
    expect(
      toCheck('id', 'title', result, { seconds: 1, cpuSeconds: 0 }, underCi)
        ?.status,
    ).toBe(status);
  });
});

describe('pipelineDifferences', () => {
  const base = new Map([
    ['src/a.ts', '1'],
    ['ci/service.env', 'NAME=x\n: "${SLO_X:=1}"\n'],
    ['docs/index.md', '1'],
  ]);
  it.each([
    ['docs/index.md', '2', []],
    ['infra/kubernetes/x.yaml', '2', []],
    ['ci/service.env', 'NAME=x\n: "${SLO_X:=2}"\n', []],
    [
      'ci/service.env',
      'NAME=x\n: "${SLO_X:=1}"\n# Left to Argo CD.\n: "${GITOPS:=true}"\n',
      [],
    ],
    ['ci/service.env', 'NAME=y\n: "${SLO_X:=1}"\n', ['ci/service.env']],
    ['src/a.ts', '2', ['src/a.ts']],
    ['src/b.ts', '1', ['src/b.ts']],
    ['Jenkinsfile', '1', []],
    ['.github/workflows/delivery.yml', '1', []],
    ['.gitlab-ci.yml', 'lint: { script: x }', ['.gitlab-ci.yml']],
    ['ci/deploy-vm.sh', '1', []],
    ['ci/tools.sh', '1', []],
    ['ci/cluster.sh', '1', []],
    ['ci/push-image.sh', '1', []],
    ['ci/build.sh', '1', ['ci/build.sh']],
    ['ci/deploy-local.sh', '1', ['ci/deploy-local.sh']],
    ['ci/service.env', 'NAME=x\n: "${DELIVERY_STRATEGY:=canary}"\n', []],
  ])('%s → %j', (path, content, expected) => {
    expect(
      pipelineDifferences(base, new Map([...base, [path, content]])),
    ).toEqual(expected);
  });
});

describe('pipelineDifferences of GitLab pipelines', () => {
  const of = (text: string) => new Map([['.gitlab-ci.yml', text]]);
  const base = of('stages: [a, b]\njob: { stage: a }\n');
  it.each([
    [
      'what a target adds',
      'stages: [a, image, b]\njob: { stage: a, id_tokens: { T: { aud: x } } }\ncontainer-image: { stage: image }\n',
      [],
    ],
    ['another job', 'stages: [a, b]\njob: { stage: b }\n', ['.gitlab-ci.yml']],
    ['another stage', 'stages: [b]\njob: { stage: a }\n', ['.gitlab-ci.yml']],
  ])('%s', (_, text, expected) => {
    expect(pipelineDifferences(base, of(text))).toEqual(expected);
  });

  it.each([
    [
      'if [ "$GITLAB_CI" = "true" ] && [ "${DEPLOY_TARGET:-}" = "vm" ]; then x',
      [],
    ],
    ['if [ "$GITLAB_CI" = "true" ]; then x', ['.gitlab-ci.yml']],
  ])('what a runner of GitLab does before: %s', (command, expected) => {
    const before = (commands: string[]) =>
      of(JSON.stringify({ job: { stage: 'a', before_script: commands } }));
    expect(
      pipelineDifferences(before(['install']), before(['install', command])),
    ).toEqual(expected);
  });
});

describe('mutations', () => {
  it('have names of their own', () => {
    const ids = [
      ...STATIC_MUTATIONS,
      ...SCRIPT_MUTATIONS,
      ...DELIVERY_MUTATIONS,
      ...[TYPESCRIPT_MUTATIONS, PYTHON_MUTATIONS].flatMap(
        ({ files, scripts, artifact }) => [...files, ...scripts, ...artifact],
      ),
    ].map(m => m.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  it('of every template break what its readers, scripts and artifacts must notice', async () => {
    for (const name of await listTemplates()) {
      const template = await loadTemplate(name);
      const { files, scripts, artifact } = mutationsOf(template);
      const needed = kindOf(template).runsPipeline
        ? [files, scripts, artifact]
        : [files];
      expect(needed.map(m => m.length)).not.toContain(0);
      const names = [...files, ...scripts, ...artifact].map(m => m.id);
      expect(new Set(names).size).toBe(names.length);
    }
  });
  it('of templates that offer no target leave its files alone', async () => {
    const verifiers = async (name: string) =>
      new Set(mutationsOf(await loadTemplate(name)).files.map(m => m.verifier));
    expect(await verifiers('typescript-service')).toContain('terraform');
    expect(await verifiers('scheduled-job')).not.toContain('terraform');
  });
});

/**
 * How each check that is no verifier's is shown to be able to fail: `mutation` that a template's proof carries out, or the unit test (file
 * below src, and name) of what the check asks.
 */
const SHOWN_TO_FAIL: Record<
  CheckId,
  'mutation' | readonly [file: string, test: string]
> = {
  lint: ['lint/lintTemplate.test.ts', 'an answer that is missing'],
  render: ['proof/proof.test.ts', 'tell renders that differ apart'],
  defaults: ['proof/proof.test.ts', 'tell renders that differ apart'],
  ownership: ['proof/ownership.test.ts', 'is found to take a team its code'],
  'hostile-texts': [
    'proof/hostile.test.ts',
    'is told from what comes out broken',
  ],
  pipeline: 'mutation',
  'make-verify': [
    'verify/pipeline.test.ts',
    'fails with a script, and says how it ended',
  ],
  service: 'mutation',
  delivery: 'mutation',
  stress: ['verify/pipeline.test.ts', 'a load that misses its objectives'],
  'paas-process': [
    'verify/service.test.ts',
    'is found not to run where they start nothing',
  ],
  browser: 'mutation',
  untouched: [
    'proof/kinds/change.test.ts',
    'is found to touch what is not its own',
  ],
  repeated: [
    'proof/kinds/change.test.ts',
    'is found to be proposed a second time',
  ],
  effect: [
    'proof/kinds/change.test.ts',
    'takes down what Argo Rollouts keeps running',
  ],
  'only-new': [
    'proof/kinds/template.test.ts',
    'finds what a new template brings beside itself',
  ],
  'same-output': [
    'proof/kinds/template.test.ts',
    'finds a file in which a new template makes something else',
  ],
  'sampled-proof': [
    'proof/kinds/template.test.ts',
    'fails with the sample of a new template’s proof',
  ],
};

describe('checks', () => {
  it('of every verifier of every kind are made to fail by a mutation', async () => {
    const templates = await Promise.all(
      (await listTemplates()).map(name => loadTemplate(name)),
    );
    const of = (type: string) =>
      templates.filter(template => kindOf(template).type === type);
    for (const type of new Set(templates.map(t => kindOf(t).type))) {
      const tried = new Set(
        of(type).flatMap(t => mutationsOf(t).files.map(m => m.verifier)),
      );
      const [{ verifiers }] = of(type).map(kindOf);
      expect({
        type,
        untried: verifiers.map(v => v.id).filter(id => !tried.has(id)),
      }).toEqual({ type, untried: [] });
    }
    const tried = new Set(
      templates.flatMap(t => mutationsOf(t).files.map(m => m.verifier)),
    );
    expect(VERIFIERS.map(v => v.id).filter(id => !tried.has(id))).toEqual([]);
  });

  it('that are no verifier’s are made to fail by a mutation, or by a test of what they ask', async () => {
    const artifact = (
      await Promise.all((await listTemplates()).map(name => loadTemplate(name)))
    ).flatMap(template => mutationsOf(template).artifact);
    const broken = new Set<string>([
      ...(PIPELINE_MUTATIONS.length > 0 ? ['pipeline'] : []),
      ...(DELIVERY_MUTATIONS.length > 0 ? ['delivery'] : []),
      ...artifact.map(({ trial = 'service' }) => trial),
    ]);
    const shown = Object.entries(SHOWN_TO_FAIL);
    const untried = shown
      .filter(([id, by]) => by === 'mutation' && !broken.has(id))
      .map(([id]) => id);
    expect(untried).toEqual([]);
    for (const [file, test] of shown.flatMap(([, by]) =>
      by === 'mutation' ? [] : [by],
    )) {
      expect(await readFile(join(__dirname, '..', file), 'utf8')).toContain(
        `'${test}'`,
      );
    }
  });
});

describe('renderDifferences', () => {
  const file = (path: string, sha256: string, executable = false) => ({
    path,
    sha256,
    executable,
  });
  it('tell renders that differ apart', () => {
    const one = [
      file('a', '1'),
      file('b', '1'),
      file('c', '1'),
      file('d', '1'),
    ];
    const other = [
      file('a', '1'),
      file('b', '2'),
      file('c', '1', true),
      file('e', '1'),
    ];
    expect(renderDifferences(one, one)).toEqual([]);
    expect(renderDifferences(one, other).map(f => f.where)).toEqual([
      'b',
      'c',
      'd',
      'e',
    ]);
  });
});

describe('kinds', () => {
  it('of templates are told by spec.type, and one nobody knows is refused by name', async () => {
    const template = await loadTemplate('scheduled-job');
    expect(kindOf(template).type).toBe('job');
    const { entity } = template;
    const unknown = {
      name: 'x',
      entity: { ...entity, spec: { ...entity.spec, type: 'teapot' } },
    };
    expect(() => kindOf(unknown)).toThrow(/x makes a teapot.*service, job/);
  });
});

describe('reports', () => {
  const proof: Proof = {
    template: 'a-template',
    version: '1.2.3',
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 75.4,
    cpuSeconds: 2.5,
    reused: { 'another-template': 7 },
    checks: [],
    cases: [
      {
        id: 'tier=1',
        answers: {},
        checks: [
          {
            id: 'yaml',
            title: 'YAML "files"',
            status: 'failed',
            findings: [{ where: 'a.yaml:1', message: 'is <wrong> & \u0000' }],
            notRun: [],
            seconds: 1,
            cpuSeconds: 2,
          },
        ],
      },
    ],
    mutations: [
      {
        id: 'm',
        description: 'a broken thing',
        verifier: 'yaml',
        status: 'missed',
        message: 'passed',
        seconds: 1,
        cpuSeconds: 0.5,
      },
    ],
    notRun: ['Dockerfile: not built'],
    counts: {
      passed: 3,
      failed: 1,
      skipped: 0,
      notRun: 1,
      caught: 0,
      missed: 1,
      mutationsSkipped: 0,
    },
    complete: true,
    ok: false,
  };

  it('end with the counts', () => {
    expect(countsLine(proof)).toBe(
      'a-template 1.2.3: 3 checks passed, 1 failed, 0 skipped, 1 not run; 0 of 1 mutations caught; 1 min 15 s',
    );
    expect(countsLine({ ...proof, complete: false })).toMatch(/no proof$/);
    expect(textReport(proof)).toContain('a.yaml:1: is <wrong>');
    expect(textReport(proof)).toContain('Dockerfile: not built');
    expect(textReport(proof)).toMatch(/missed +a broken thing +yaml/);
  });

  it('name the tools without which something was skipped', () => {
    const [row] = proof.cases;
    const text = textReport({
      ...proof,
      cases: [
        {
          ...row,
          checks: [
            {
              ...row.checks[0],
              status: 'skipped',
              findings: [
                { where: 'tools', message: 'yamllint is not installed' },
              ],
            },
          ],
        },
      ],
      mutations: [
        {
          ...proof.mutations[0],
          status: 'skipped',
          message: 'yamllint is not installed',
        },
      ],
    });
    expect(text).toContain('YAML "files": yamllint is not installed');
    expect(text).toContain('mutations of yaml: yamllint is not installed');
    expect(textReport(proof)).not.toContain('Skipped');
  });

  it('name what is not tried where a pipeline did not pass', () => {
    const asked = {
      row: 'tier=1',
      status: 'skipped',
      strategies: ['rolling'],
      stress: true,
      mutations: 3,
    } as const;
    expect(notTried({ ...asked, pipeline: true })).toEqual([
      'trials of what it built: not run: the pipeline of tier=1 was skipped',
      'mutations of the pipeline: not run: the pipeline of tier=1 was skipped',
      '3 mutations of what it built: not run: the pipeline of tier=1 was skipped',
    ]);
    expect(notTried({ ...asked, pipeline: false })).toEqual([
      'delivery, rolling: not run: make verify of tier=1 was skipped',
      'stress: not run: make verify of tier=1 was skipped',
      '3 mutations of scripts: not run: make verify of tier=1 was skipped',
    ]);
  });

  it('say what was answered for another template', () => {
    expect(textReport(proof)).toContain('7 of another-template');
  });

  it('sum up several templates', () => {
    const text = summary({
      proofs: [{ ...proof, template: 'good-one', ok: true }, proof],
      seconds: 130,
      cpu: { own: 20, commands: 100 },
    });
    expect(text).toMatch(/^good +good-one 1\.2\.3: 3 checks/);
    expect(text).toMatch(/^FAILED a-template/m);
    expect(text).toMatch(
      /2 templates, wrong: a-template; 2 min 10 s, .* busy 2 min 0 s$/m,
    );
  });

  it('say where the time went', () => {
    const table = timingsTable({
      proofs: [proof],
      seconds: 75.4,
      cpu: { own: 3, commands: 4 },
    });
    expect(table).toMatch(/yaml +1 +1\.0 +2\.0/);
    expect(table).toMatch(/mutations: yaml +1 +1\.0 +0\.5/);
    expect(table).toMatch(/all +75\.4 +7\.0/);
  });

  it('are well-formed for CI systems', () => {
    const xml = junitReport([proof]);
    expect(xml).toContain('tests="2" failures="2"');
    expect(xml).toContain('is &lt;wrong&gt; &amp; ?');
    expect(xml).not.toContain('"YAML "');
  });
});
