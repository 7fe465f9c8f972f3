import { join } from 'node:path';
import { Problem } from '../../lib/problem';
import {
  merged,
  readRepository,
  type RepositoryContent,
  writeRepository,
} from '../../render/changeActions';
import { type Answers, questionsOf } from '../../template/answers';
import type { Template } from '../../template/loadTemplate';
import { pairwise } from '../../template/pairwise';
import { outcome } from '../../verify/types';
import { applyChange } from './applyChange';
import { templateMutations } from './templateMutations';
import {
  onlyNewFindings,
  sampledProof,
  sameOutputFindings,
  templateLint,
} from './templateChecks';
import type { Kind } from './types';

/** What the answers of rows say, beside those that are listed. */
const ANSWERS: Answers = {
  name: 'ledger-path',
  owner: 'group:default/payments',
  description: `Makes what keeps a customer's balance, "to the cent" (& explains it): Zürich, 東京`,
};

/** The template an answer starts from. */
const baseOf = (answers: Answers) =>
  String(answers.from ?? 'typescript-service');

/** The repository of the portal, as far as a template is begun from it. */
async function templatesOf(
  template: Template,
  answers: Answers,
): Promise<RepositoryContent> {
  const base = baseOf(answers);
  const files = await readRepository(join(template.root, base));
  return new Map(
    Array.from(files, ([path, file]) => [`templates/${base}/${path}`, file]),
  );
}

/** A template for writing templates: what comes out is another template, in a pull request. */
export const template: Kind = {
  type: 'template',
  makes: 'change',
  requires: ['name', 'owner', 'description'],
  values: [],
  steps: [
    'pavedroad:checkout',
    'pavedroad:draft-template',
    'pavedroad:propose',
  ],
  outputs: {
    'pavedroad:draft-template': ['path', 'entityRef', 'version', 'files'],
  },
  cases: subject =>
    pairwise({
      from: questionsOf(subject).from?.enum ?? [],
      title: ['', `Makes "ledgers": 100 % & more`],
      tags: ['', 'c++ ledger'],
    }).map(row => ({
      id: [
        `from=${row.from}`,
        ...['title', 'tags'].map(name => `${name}=${row[name] || 'none'}`),
      ].join(' '),
      answers: { ...ANSWERS, ...row },
    })),
  async produce(subject, answers, folder, options) {
    const before = await templatesOf(subject, answers);
    const proposal = await applyChange(subject, answers, before, options);
    if (!proposal) {
      throw new Problem('Nothing is proposed.');
    }
    // The new template alone: what it started from is proved by itself.
    await writeRepository(folder, merged(new Map(), proposal));
  },
  async holds(subject, row, run) {
    const made = await readRepository(row.folder);
    const name = String(row.answers.name);
    return [
      {
        id: 'only-new',
        title: 'Nothing but the new template’s folder is proposed',
        outcome: outcome(onlyNewFindings(made, name)),
      },
      {
        id: 'same-output',
        title:
          'It makes what the template it started from makes, but for its own name and version',
        outcome: outcome(
          await sameOutputFindings(
            subject,
            row.folder,
            name,
            baseOf(row.answers),
          ),
        ),
      },
      ...(run.first && !run.sample
        ? [
            {
              id: 'sampled-proof' as const,
              title: 'A sample of its own proof',
              outcome: await sampledProof(subject, row.folder, name, run),
            },
          ]
        : []),
    ];
  },
  verifiers: [templateLint],
  // Parts of repositories that are put together later: what they come to is read in the sampled proof.
  general: ['yaml', 'python', 'typescript', 'markdown-links'],
  // A template makes nothing by itself; what the new one makes is proved above.
  runsPipeline: false,
  builtFolder: () => '',
  trial: async () => ({
    title: 'Nothing is built',
    verify: async () => ({ status: 'absent' }),
  }),
  strategies: () => [],
  mutations: () => templateMutations,
};
