import { withChoiceNames } from './choiceNames';

const form = (schema: object) => ({
  title: 'React web application',
  steps: [{ title: 'More options', schema: schema as {} }],
});

const named = (schema: object) => withChoiceNames(form(schema)).steps[0].schema;

const tier = { type: 'integer', enum: [1, 2], default: 2 };
const tierNames = ['1 · they cannot do without it', '2 · they notice'];

it.each([
  [
    'the names of the form',
    { ...tier, 'ui:enumNames': tierNames },
    { ...tier, 'ui:enumNames': tierNames, enumNames: tierNames },
  ],
  [
    'yes and no',
    { type: 'boolean', default: false },
    {
      type: 'boolean',
      default: false,
      enum: [true, false],
      enumNames: ['Yes', 'No'],
    },
  ],
  ['nothing where it has no names', tier, tier],
  [
    'nothing where it has names already',
    { ...tier, 'ui:enumNames': tierNames, enumNames: ['one', 'two'] },
    { ...tier, 'ui:enumNames': tierNames, enumNames: ['one', 'two'] },
  ],
  [
    'nothing where only one answer is good',
    { type: 'boolean', enum: [true] },
    { type: 'boolean', enum: [true] },
  ],
  ['nothing where it is text', { type: 'string' }, { type: 'string' }],
])('a question gets %s', (_, question, expected) => {
  expect(named({ properties: { question } })).toEqual({
    properties: { question: expected },
  });
});

it('names answers of questions that come up by what is answered, and leaves answers alone', () => {
  const indicator = {
    oneOf: [
      {
        properties: {
          indicator: { enum: ['latency'] },
          strict: { type: 'boolean' },
        },
      },
    ],
  };
  expect(
    named({
      properties: { example: { type: 'object', default: { type: 'boolean' } } },
      dependencies: { indicator },
    }),
  ).toEqual({
    properties: { example: { type: 'object', default: { type: 'boolean' } } },
    dependencies: {
      indicator: {
        oneOf: [
          {
            properties: {
              indicator: { enum: ['latency'] },
              strict: {
                type: 'boolean',
                enum: [true, false],
                enumNames: ['Yes', 'No'],
              },
            },
          },
        ],
      },
    },
  });
});
