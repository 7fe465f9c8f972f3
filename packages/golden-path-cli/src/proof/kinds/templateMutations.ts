import { append, type Mutation, replace } from '../mutations';
import type { Mutations } from './types';

const TEMPLATE = /^templates\/[^/]+\/template\.yaml$/;

const lint = (
  id: string,
  description: string,
  change: Mutation['change'],
  file = TEMPLATE,
): Mutation => ({
  id: `template-${id}`,
  verifier: 'template-lint',
  description,
  file,
  change,
});

/** A step with its comments, from its id to the next one. */
const without = (id: string) =>
  replace(new RegExp(`^ {4}- id: ${id}\\n(?:(?: {6}.*)?\\n)+`, 'm'), '');

/** Mistakes of authors, made in a template that was just begun: lint has to find each before anything is rendered. */
export const templateMutations: Mutations = {
  files: [
    lint(
      'undeclared-value',
      'a file that speaks of a value no step passes',
      replace('values.name', 'values.nmae'),
      /^templates\/[^/]+\/skeleton\/package\.json\.njk$/,
    ),
    lint(
      'unasked-question',
      'a step that speaks of a question nobody asks',
      replace('parameters.description', 'parameters.summary'),
    ),
    lint(
      'unused-value',
      'a value that no file uses',
      replace(
        '          port: 8080\n',
        '          port: 8080\n          hue: red\n',
      ),
    ),
    lint(
      'unrendered',
      'a file that speaks of values but is not rendered',
      append('${{ values.name }}\n'),
      /^templates\/[^/]+\/skeleton\/VERSION$/,
    ),
    // In a row whose base has a toolchain and an image of its own (scheduled-job, event-worker): what the others take from the platform layer
    // is in no draft, and is read in what they render. Without such a base these two say "no row of the matrix has the file".
    lint(
      'unpinned-action',
      'an action by a tag, which its owner can move',
      replace(/(uses: \S+@)[0-9a-f]{40}/, '$1v4'),
      /^templates\/[^/]+\/toolchain\/github\/.+\.ya?ml$/,
    ),
    lint(
      'unpinned-image',
      'an image by a tag, which can become another',
      replace(/@sha256:[0-9a-f]{64}/, ''),
      /^templates\/[^/]+\/(toolchain|image)\/.*(Dockerfile(\.njk)?|toolchain\.yml)$/,
    ),
    lint(
      'no-preflight',
      'names that nobody looked for before creating',
      without('preflight'),
    ),
    lint('no-connect', 'a pipeline that cannot report', without('connect')),
    lint('no-undo', 'a failure that leaves its half behind', without('undo')),
    lint(
      'undo-always',
      'a success that is taken back',
      replace('${{ failure() }}', '${{ always() }}'),
    ),
    lint(
      'publish-first',
      'a repository that is published before it is recorded what it was made from',
      replace('action: pavedroad:manifest', 'action: pavedroad:publish'),
    ),
    lint(
      'owner-person',
      'a template that belongs to a person',
      replace(/^( {2}owner: )\S+$/m, '$1user:default/ines.duarte'),
    ),
    lint(
      'owner-none',
      'a template that belongs to nobody',
      replace(/^ {2}owner: \S+\n/m, ''),
    ),
    lint(
      'name-of-another',
      'a name that is not its folder’s',
      replace(/^ {2}name: \S+$/m, '  name: other-path'),
    ),
    lint(
      'template-of-another',
      'files that say they come from another template',
      replace(/^( {10}template: )\S+$/m, '$1typescript-service-2'),
    ),
    lint(
      'no-channel',
      'a channel there is not',
      replace('channel: draft', 'channel: secret'),
    ),
    lint(
      'published-draft',
      'a draft, 0.1.0, that everybody is offered',
      replace('channel: draft', 'channel: stable'),
    ),
    lint(
      'version-unsaid',
      'a version that the changelog does not know',
      replace('template-version: 0.1.0', 'template-version: 0.2.0'),
    ),
    lint(
      'changelog-empty',
      'a changelog that begins with another version',
      replace('## 0.1.0', '## 0.0.1'),
      /^templates\/[^/]+\/CHANGELOG\.md$/,
    ),
    lint(
      'free-text',
      'a question that takes any text of any length',
      replace('          maxLength: 160\n', ''),
    ),
    lint(
      'insists',
      'a form that insists on what has a default',
      replace('[name, owner, description]', '[name, owner, description, ci]'),
    ),
    lint(
      'platform-value',
      'a value of the platform layer, changed in one template',
      replace("'ticket' if parameters", "'page' if parameters"),
    ),
    lint(
      'ownership',
      'a pipeline that upgrades must not touch',
      replace(
        '{ pattern: ci/, class: managed }',
        '{ pattern: ci/, class: seed }',
      ),
    ),
    lint(
      'folder-gone',
      'a part of the platform layer that is not there',
      replace('url: ../platform/docs', 'url: ../platform/dosc'),
    ),
    lint(
      'kind-unknown',
      'a sort of thing that no proof knows',
      replace(/^ {2}type: \S+$/m, '  type: teapot'),
    ),
    {
      id: 'template-yaml-key-twice',
      verifier: 'yaml',
      description: 'a key twice in template.yaml',
      file: TEMPLATE,
      change: append('kind: Template\n'),
    },
  ],
  scripts: [],
  artifact: [],
};
