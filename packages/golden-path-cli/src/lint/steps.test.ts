import { parse, stringify } from 'yaml';
import { kindOf } from '../proof/kinds';
import { templateOf } from '@pavedroad/plugin-golden-paths-node';
import type { Template } from '../template/loadTemplate';
import { orderFindings, stepReferenceFindings } from './lintTemplate';
import { answerFindings, stepFindings } from './steps';

const SERVICE = `
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: a-template }
spec:
  type: service
  parameters:
    - properties:
        name: { type: string }
        tier: { type: integer }
        apiKey: { type: string, ui:field: Secret }
        files: { type: 'null', ui:field: PavedRoadPreview }
  steps:
    - id: preflight
      action: pavedroad:preflight
      input:
        name: \${{ parameters.name }}
    - id: service
      if: \${{ (parameters.tier or 2) === 2 }}
      action: fetch:template
      input:
        url: ./skeleton
        values:
          name: \${{ parameters.name }}
    - id: manifest
      action: pavedroad:manifest
      input:
        answers:
          name: \${{ steps.preflight.output.name }}
          tier: \${{ parameters.tier or 2 }}
    - id: publish
      action: pavedroad:publish
      input:
        repository: \${{ steps.preflight.output.repository }}
    - id: register
      action: pavedroad:register
      input:
        catalogInfoUrl: \${{ steps.publish.output.catalogInfoUrl }}
    - id: connect
      action: pavedroad:connect
      input:
        token: \${{ secrets.apiKey }}
    - id: undo
      if: \${{ failure() }}
      action: pavedroad:undo
  output:
    links:
      - url: \${{ steps.publish.output.repositoryUrl }}
`;

type Step = { id: string; [field: string]: any };
type Entity = {
  spec: { steps: Step[]; parameters: any[]; output: any; type: string };
};

/** The template above, changed in one way. */
function changed(change: (entity: Entity) => void): Template {
  const entity = parse(SERVICE) as Entity;
  change(entity);
  return templateOf(parse(stringify(entity)), '/templates/a-template');
}

const step = (entity: Entity, id: string) =>
  entity.spec.steps.find(known => known.id === id)!;

const messages = (template: Template) =>
  [
    ...stepFindings(template, kindOf(template)),
    ...stepReferenceFindings(template, kindOf(template).outputs),
    ...answerFindings(template),
  ].map(({ where, message }) => `${where}: ${message}`);

it('finds nothing in steps that are as they should be', () => {
  const template = changed(() => {});
  expect(messages(template)).toEqual([]);
  expect(orderFindings(template)).toEqual([]);
});

/** What is done to a step, and what is said of that. */
it.each<[string, string, Record<string, unknown>, RegExp]>([
  [
    'a misspelt action',
    'service',
    { action: 'fetch:templte' },
    /runs fetch:templte, which is none of/,
  ],
  [
    'an action nothing here runs',
    'service',
    { action: 'fetch:plain' },
    /runs fetch:plain/,
  ],
  [
    'a misspelt field',
    'service',
    { iff: '${{ parameters.name }}' },
    /says "iff"/,
  ],
  [
    'a condition that is a text',
    'service',
    { if: 'parameters.tier === 2' },
    /always true/,
  ],
  [
    'a condition that is a text in part',
    'service',
    { if: '${{ parameters.tier }} === 2' },
    /always true/,
  ],
  [
    'a misspelt each',
    'service',
    { each: '${{ parameters.nmes }}' },
    /service\.each.*"parameters\.nmes"/,
  ],
  [
    'each where there is none',
    'service',
    { if: '${{ each.value }}' },
    /"each\.value"/,
  ],
  [
    'an answer by a name that is computed',
    'service',
    { if: "${{ parameters['ti' + 'er'] }}" },
    /computes the name/,
  ],
  [
    'an output of an action without any',
    'register',
    { input: { a: '${{ steps.service.output.url }}' } },
    /"steps\.service\.output\.url"/,
  ],
  [
    'a secret in a file',
    'service',
    { input: { values: { browser: '${{ secrets.apiKey }}' } } },
    /service: input\.values\.browser speaks of secrets\.apiKey/,
  ],
  [
    'a secret in a description',
    'publish',
    { input: { description: "x ${{ secrets['apiKey'] }}" } },
    /speaks of secrets/,
  ],
  [
    'a secret in the manifest',
    'manifest',
    {
      input: {
        answers: {
          tier: '${{ parameters.tier }}',
          name: '${{ parameters.name }}',
          b: '${{ secrets.apiKey }}',
        },
      },
    },
    /speaks of secrets\.apiKey/,
  ],
  [
    'the stars of a secret',
    'service',
    { input: { values: { key: '${{ parameters.apiKey }}' } } },
    /which is stars/,
  ],
  [
    'a check that an answer skips',
    'preflight',
    { if: '${{ parameters.tier }}' },
    /belongs to every task/,
  ],
  [
    'an entry that an answer skips',
    'register',
    { if: '${{ parameters.tier }}' },
    /belongs to every task/,
  ],
  [
    'a repository for each',
    'publish',
    { each: ['a', 'b'] },
    /belongs to every task/,
  ],
  [
    'undoing only some failures',
    'undo',
    { if: '${{ failure() and parameters.tier === 1 }}' },
    /each failure/,
  ],
  ['undoing always', 'undo', { if: '${{ always() }}' }, /each failure/],
  ['undoing without a condition', 'undo', { if: undefined }, /each failure/],
])('finds %s', (_, id, fields, message) => {
  const found = messages(
    changed(entity => Object.assign(step(entity, id), fields)),
  );
  expect(found.join('\n')).toMatch(message);
});

it('knows each in the step it is of', () => {
  const template = changed(entity =>
    Object.assign(step(entity, 'service'), {
      each: ['a'],
      if: '${{ (parameters.tier or 2) === each.value }}',
    }),
  );
  expect(messages(template)).toEqual([]);
});

it('finds secrets in what the result page says', () => {
  const template = changed(entity => {
    entity.spec.output.text = [{ content: '${{ secrets.apiKey }}' }];
  });
  expect(messages(template)).toEqual([
    expect.stringMatching(/output.*secrets\.apiKey/),
  ]);
});

it('finds an answer that is not recorded, or as something else', () => {
  const without = changed(entity => {
    delete step(entity, 'manifest').input.answers.tier;
  });
  expect(messages(without)).toEqual([
    expect.stringMatching(/does not record the answer "tier"/),
  ]);
  const fixed = changed(entity => {
    step(entity, 'manifest').input.answers.tier = 2;
  });
  expect(messages(fixed)).toEqual([
    expect.stringMatching(/records "tier" as 2/),
  ]);
});

it('finds a question that nothing uses, recorded or not', () => {
  const template = changed(entity => {
    entity.spec.parameters[0].properties.colour = { type: 'string' };
    step(entity, 'manifest').input.answers.colour = '${{ parameters.colour }}';
  });
  expect(messages(template)).toEqual([
    'form: colour: is asked, and no step uses the answer',
  ]);
});

it('lets a change register only what no step found listed', () => {
  const change = (condition: string) =>
    changed(entity => {
      entity.spec.type = 'change';
      step(entity, 'register').if = condition;
    });
  expect(
    messages(change('${{ steps.publish.output.commit !== true }}')),
  ).toEqual([]);
  expect(messages(change('${{ parameters.tier === 1 }}'))).toEqual([
    expect.stringMatching(/stays unlisted/),
  ]);
});
