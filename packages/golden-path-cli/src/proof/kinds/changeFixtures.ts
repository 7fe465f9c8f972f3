import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { parseAllDocuments } from 'yaml';
import { Problem } from '../../lib/problem';
import {
  merged,
  readRepository,
  type RepositoryContent,
} from '../../render/changeActions';
import { renderTemplate } from '../../render/renderTemplate';
import type { Answers } from '../../template/answers';
import { loadTemplate, type Template } from '../../template/loadTemplate';
import { applyChange } from './applyChange';

/** A repository a change is tried on. Its id is its component's name. */
export type Fixture = {
  id: string;
  /** `spec.type` of its component; `undefined` for one nobody described. */
  type?: string;
  target?: string;
  /** Changes it has taken already: the next one has to get along with what they wrote. */
  taken?: readonly { template: string; answers: Answers }[];
} & (
  | {
      /** Rendered from another template. */ template: string;
      answers: Answers;
    }
  | {
      /** Folder of `fixtures`: made by hand, as teams have them. */ folder: string;
    }
);

const rendered = (
  id: string,
  type: string,
  template: string,
  answers: Answers,
): Fixture => ({
  id,
  type,
  target: String(answers.target ?? 'kubernetes'),
  template,
  answers,
});

/** Repositories on the road: every CI system, every target and every kind with observability of its own. */
export const ON_THE_ROAD: readonly Fixture[] = [
  rendered('ts-github-kubernetes', 'service', 'typescript-service', {
    ci: 'github',
    target: 'kubernetes',
    gitops: true,
    tier: 1,
  }),
  rendered('ts-gitlab-aws', 'service', 'typescript-service', {
    ci: 'gitlab',
    target: 'aws',
    tier: 2,
  }),
  rendered('ts-jenkins-vm', 'service', 'typescript-service', {
    ci: 'jenkins',
    target: 'vm',
    tier: 3,
  }),
  {
    ...rendered('py-github-paas', 'service', 'python-service', {
      ci: 'github',
      target: 'paas',
      system: 'system:default/payments',
    }),
    taken: [
      {
        template: 'add-slo',
        // Named like an objective that every service has.
        answers: {
          sloName: 'latency',
          indicator: 'latency',
          route: '/v1/greetings/<name>',
          thresholdSeconds: 1,
        },
      },
    ],
  },
  rendered('web-jenkins-kubernetes', 'website', 'react-web-app', {
    ci: 'jenkins',
    strategy: 'blue-green',
  }),
  rendered('job-gitlab-kubernetes', 'job', 'scheduled-job', { ci: 'gitlab' }),
  rendered('worker-github-kubernetes', 'worker', 'event-worker', {
    ci: 'github',
    tier: 1,
  }),
  rendered('ml-github-kubernetes', 'ml-service', 'ml-service', {
    ci: 'github',
    tier: 2,
  }),
  {
    ...rendered('fn-gitlab-lambda', 'function', 'serverless-function', {
      ci: 'gitlab',
    }),
    target: 'serverless',
  },
];

/** Repositories that never saw the road. */
export const OFF_THE_ROAD: readonly Fixture[] = [
  { id: 'express-bare', folder: 'express-bare' },
  { id: 'python-own-ci', folder: 'python-own-ci' },
  { id: 'go-own-everything', folder: 'go-own-everything' },
];

const known = new Map<string, Promise<RepositoryContent>>();

async function load(fixture: Fixture): Promise<RepositoryContent> {
  if ('folder' in fixture) {
    return readRepository(
      resolvePackagePath(
        '@pavedroad/golden-path-cli',
        'fixtures',
        fixture.folder,
      ),
    );
  }
  const work = await mkdtemp(join(tmpdir(), `golden-path-${fixture.id}-`));
  try {
    await renderTemplate(
      await loadTemplate(fixture.template),
      {
        name: fixture.id,
        owner: 'group:default/payments',
        description: `Keeps every customer's balance, "to the cent"`,
        ...fixture.answers,
      },
      work,
    );
    let content = await readRepository(work);
    for (const { template, answers } of fixture.taken ?? []) {
      const proposal = await applyChange(
        await loadTemplate(template),
        { entityRef: `component:default/${fixture.id}`, ...answers },
        content,
      );
      if (!proposal) {
        throw new Problem(`${fixture.id} cannot take ${template}.`);
      }
      content = merged(content, proposal);
    }
    return content;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The files of a fixture; rendered once. */
export function contentOf(fixture: Fixture): Promise<RepositoryContent> {
  const content = known.get(fixture.id) ?? load(fixture);
  known.set(fixture.id, content);
  return content;
}

/** Whether a template takes up repositories that are on no path. */
export function adopts(template: Pick<Template, 'steps'>): boolean {
  return template.steps.some(
    step => step.action === 'pavedroad:checkout' && step.input?.adopts === true,
  );
}

const listed = (template: Pick<Template, 'entity'>, name: string) =>
  template.entity.metadata.annotations?.[`pavedroad.dev/${name}`]
    ?.split(/[\s,]+/)
    .filter(Boolean);

/** The component types a change is for, by the annotation its card is shown by; `undefined` when it does not say. */
export const typesOf = (template: Pick<Template, 'entity'>) =>
  listed(template, 'changes');

/** Existing files a change replaces as a whole. */
export const replacedBy = (template: Pick<Template, 'entity'>) =>
  listed(template, 'replaces') ?? [];

/** The fixtures a template has to get along with. Throws a {@link Problem} when there is none. */
export function fixturesOf(template: Template): readonly Fixture[] {
  const types = typesOf(template);
  const targets = listed(template, 'changes-targets');
  const fixtures = adopts(template)
    ? OFF_THE_ROAD
    : ON_THE_ROAD.filter(
        ({ type = '', target = '' }) =>
          types?.includes(type) && (!targets || targets.includes(target)),
      );
  if (fixtures.length === 0) {
    throw new Problem(
      `${template.name} is for no repository a proof knows; say in the annotation pavedroad.dev/changes which types of components it is for.`,
    );
  }
  return fixtures;
}

/** The name in an entity's annotations of a repository, as its catalog-info.yaml says. */
export function catalogOf(repository: RepositoryContent) {
  return parseAllDocuments(
    repository.get('catalog-info.yaml')?.content.toString('utf8') ?? '',
  ).map(document => document.toJS() as Record<string, unknown>);
}
