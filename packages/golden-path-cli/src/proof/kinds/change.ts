import { matchesOwnershipPattern } from '@pavedroad/plugin-golden-paths-common';
import {
  differences,
  merged,
  type Proposal,
  readRepository,
  type RepositoryContent,
  writeRepository,
} from '../../render/changeActions';
import { DEFAULT_PORTAL_URL } from '../../render/preflight';
import {
  type Answers,
  questionsOf,
  withDefaults,
} from '../../template/answers';
import type { Template } from '../../template/loadTemplate';
import type { Case } from '../../template/matrix';
import { type Dimensions, pairwise } from '../../template/pairwise';
import { takenDown } from '../../verify/takenDown';
import { type Finding, outcome } from '../../verify/types';
import { applyChange } from './applyChange';
import {
  adopts,
  contentOf,
  type Fixture,
  fixturesOf,
  replacedBy,
} from './changeFixtures';
import { changeMutations } from './changeMutations';
import { expectations } from './changeExpectations';
import type { Kind } from './types';

/** Who owns what the fixtures describe, and who takes over. */
const OWNER = 'group:default/payments';
const NEW_OWNER = 'group:default/storefront';

/** The names of the repositories that answers speak of. */
const named = (answers: Answers) =>
  [answers.entityRef, answers.repositoryUrl].map(answer =>
    String(answer ?? '')
      .split('/')
      .pop(),
  );

/** The fixture an answer names; the first for answers that name none, as hostile texts do. */
function fixtureOf(template: Template, answers: Answers): Fixture {
  const fixtures = fixturesOf(template);
  return fixtures.find(({ id }) => named(answers).includes(id)) ?? fixtures[0];
}

/** What a template asks to find a repository by. */
function placeOf(template: Template, { id }: Fixture): Answers {
  return adopts(template)
    ? {
        entityRef: '',
        repositoryUrl: `${DEFAULT_PORTAL_URL}/api/git/payments/${id}`,
        name: id,
      }
    : { entityRef: `component:default/${id}`, confirmName: id };
}

/** Answers of other questions a proof tries: those the form lists, both of a yes-or-no, the examples of a text. */
function valuesOf(template: Template): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    Object.entries(questionsOf(template)).flatMap(([name, question]) => {
      const values =
        question.enum ??
        (question.type === 'boolean' ? [true, false] : undefined) ??
        (question.examples as unknown[] | undefined);
      return values ? [[name, values]] : [];
    }),
  );
}

/**
 * The pairwise matrix of the answers, each row with the next of the subjects in turn; as many rows as there are subjects at least. What a
 * change is applied to is no answer of its form, and a pair of each with each would cost the verifiers of some hundred repositories.
 */
export function inTurn<T>(
  subjects: readonly T[],
  dimensions: Dimensions,
): { subject: T; row: Record<string, unknown> }[] {
  const rows = pairwise(dimensions);
  return Array.from(
    { length: Math.max(rows.length, subjects.length) },
    (_, i) => ({
      subject: subjects[i % subjects.length],
      row: rows[i % rows.length],
    }),
  );
}

/** Whether a change may touch a file that is there: it edits it, or says that it replaces it. */
export function mayTouch(template: Template, path: string): boolean {
  const patterns = [
    ...replacedBy(template),
    ...template.steps
      .filter(step => step.action === 'pavedroad:edit')
      .flatMap(step =>
        ((step.input?.files ?? []) as { path: string }[]).map(f => f.path),
      ),
  ];
  // A pattern may be an expression: what stands for it is not known here, so it stands for one folder's name.
  return patterns.some(pattern =>
    matchesOwnershipPattern(pattern.replace(/\$\{\{.*?\}\}/g, '*'), path),
  );
}

/** Files of a repository that a change touched without owning them. */
export function untouchedFindings(
  template: Template,
  before: RepositoryContent,
  after: RepositoryContent,
): Finding[] {
  return differences(before, after)
    .filter(path => before.has(path) && !mayTouch(template, path))
    .map(path => ({
      where: path,
      message: 'is not the change’s, and differs afterwards',
    }));
}

/** What a second application of the same change would still propose. */
export function repeatFindings(
  after: RepositoryContent,
  again: Proposal | undefined,
): Finding[] {
  return again
    ? differences(after, merged(after, again)).map(path => ({
        where: path,
        message: 'would be proposed a second time',
      }))
    : [];
}

/** A repository that exists, changed by pull request. */
export const change: Kind = {
  type: 'change',
  makes: 'change',
  /** The entity, or what an entity is made of, and up to three questions more. */
  requires: template => {
    const required = template.pages.flatMap(page => page.required ?? []);
    const wanted = adopts(template)
      ? ['name', 'owner', 'description']
      : ['entityRef'];
    const others = required.filter(name => !wanted.includes(name));
    return [...wanted, ...others.slice(0, 3)];
  },
  values: [],
  steps: ['pavedroad:checkout', 'pavedroad:propose'],
  outputs: {
    'pavedroad:edit': ['changed', 'done', 'summary'],
    'pavedroad:compare': ['created', 'same', 'kept', 'leaveOut', 'summary'],
  },
  cases(template): Case[] {
    const fixtures = fixturesOf(template);
    const dimensions = valuesOf(template);
    const varied = Object.keys(dimensions).filter(
      name => dimensions[name].length > 1,
    );
    const asked = questionsOf(template);
    return inTurn(fixtures, dimensions).map(({ subject: fixture, row }) => {
      const answers = Object.fromEntries(
        Object.entries({
          owner: adopts(template) ? OWNER : NEW_OWNER,
          description: `Keeps every customer's balance, "to the cent": Zürich`,
          ...placeOf(template, fixture),
          ...row,
        }).filter(([name]) => Object.hasOwn(asked, name)),
      );
      return {
        id: [
          fixture.id,
          ...varied.map(name => `${name}=${String(row[name]) || 'none'}`),
        ].join(' '),
        answers: withDefaults(template, answers),
      };
    });
  },
  async produce(template, answers, folder, options) {
    const fixture = fixtureOf(template, answers);
    const repository = await contentOf(fixture);
    // Answers that name no repository are about the first one; what is typed to confirm it is its name.
    const confirmed =
      'confirmName' in answers && !named(answers).includes(fixture.id)
        ? { ...answers, confirmName: fixture.id }
        : answers;
    const proposal = await applyChange(
      template,
      confirmed,
      repository,
      options,
    );
    await writeRepository(
      folder,
      proposal ? merged(repository, proposal) : repository,
    );
  },
  async holds(template, row) {
    const before = await contentOf(fixtureOf(template, row.answers));
    const after = await readRepository(row.folder);
    const proposal = await applyChange(template, row.answers, before);
    return [
      {
        id: 'untouched',
        title: 'Every file that is not the change’s is as it was, to the byte',
        outcome: outcome(untouchedFindings(template, before, after)),
      },
      {
        id: 'repeated',
        title: 'Asked for a second time, nothing is left to propose',
        outcome: outcome(
          repeatFindings(
            after,
            await applyChange(template, row.answers, after),
          ),
        ),
      },
      {
        id: 'effect',
        title: 'The change does what it says',
        outcome: outcome([
          ...(differences(before, after).length > 0
            ? []
            : [{ where: row.id, message: 'nothing changes' }]),
          ...(proposal?.leftAlone ?? []).map(({ path, why }) => ({
            where: path,
            message: `is left as it was: ${why}`,
          })),
          ...expectations(template.name, row.answers, before, after),
        ]),
      },
    ];
  },
  verifiers: [takenDown],
  // What the repository's own pipeline does is its template's proof.
  runsPipeline: false,
  builtFolder: () => '',
  trial: async () => ({
    title: 'Nothing is built',
    verify: async () => ({ status: 'absent' }),
  }),
  strategies: () => [],
  mutations: changeMutations,
};
