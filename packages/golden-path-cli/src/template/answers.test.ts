import {
  answerProblems,
  parseAnswers,
  questionsOf,
  withDefaults,
} from './answers';
import { loadTemplate, type Template } from './loadTemplate';

let template: Template;
beforeAll(async () => {
  template = await loadTemplate('typescript-service');
});

const good = {
  name: 'ledger',
  owner: 'group:default/payments',
  description: 'Keeps balances',
};

describe('parseAnswers', () => {
  it('reads each value as its question has it', () => {
    expect(
      parseAnswers(template, ['name=ledger', 'tier=1', 'description=a=b']),
    ).toEqual({ name: 'ledger', tier: 1, description: 'a=b' });
  });

  it('leaves what is no number for the form to refuse', () => {
    expect(parseAnswers(template, ['tier=high'])).toEqual({ tier: 'high' });
  });

  it.each(['name', '=x', ''])('refuses %j', pair => {
    expect(() => parseAnswers(template, [pair])).toThrow(/key=value/);
  });
});

describe('answerProblems', () => {
  it.each([
    [{}],
    [{ tier: 3, ci: 'github', system: 'system:default/payments' }],
    [{ owner: 'payments' }],
    [{ description: `It's "quoted" & costs 5%, naïve: 東京` }],
  ])('accepts %j', more => {
    expect(
      answerProblems(template, withDefaults(template, { ...good, ...more })),
    ).toEqual([]);
  });

  it.each([
    [{ name: undefined }, /name/],
    [{ name: 'api' }, /reserved/],
    [{ name: 'Ledger' }, /name/],
    [{ name: 'a$(id)' }, /name/],
    [{ name: 'x'.repeat(200) }, /name/],
    [{ owner: 'user:default/ada' }, /owner/],
    [{ owner: 'group:other/payments' }, /owner/],
    // YAML would read them as no text.
    [{ name: 'yes' }, /reserved/],
    [{ owner: 'group:default/null' }, /owner/],
    [{ system: 'no' }, /system/],
    [{ description: 'one\ntwo' }, /description/],
    [{ description: '${{ parameters.name }}' }, /description/],
    [{ description: 'x'.repeat(200) }, /description/],
    [{ description: '[a](javascript:b)' }, /description/],
    [{ tier: 4 }, /tier/],
    [{ tier: '1' }, /tier/],
    [{ ci: 'bamboo' }, /ci/],
    [{ system: '../x' }, /system/],
    [{ colour: 'red' }, /colour/],
  ])('refuses %j', (more, problem) => {
    expect(
      answerProblems(
        template,
        withDefaults(template, { ...good, ...more }),
      ).join('\n'),
    ).toMatch(problem);
  });
});

describe('questions that depend on an answer', () => {
  const page: Template['pages'][number] = {
    required: ['indicator'],
    properties: {
      indicator: { type: 'string', enum: ['latency', 'freshness'] },
    },
    dependencies: {
      indicator: {
        oneOf: [
          {
            properties: {
              indicator: { enum: ['latency'] },
              seconds: { type: 'number', enum: [0.5, 1], default: 0.5 },
            },
          },
          {
            properties: {
              indicator: { enum: ['freshness'] },
              metric: { type: 'string', pattern: '^[a-z]+$', default: 'last' },
            },
          },
        ],
      },
    },
  };
  const asking: Pick<Template, 'pages'> = {
    pages: [
      page,
      {
        properties: {
          objective: { type: 'number', default: 99 },
          files: { type: 'null', 'ui:field': 'PavedRoadPreview' },
        },
      },
    ],
  };

  it('are questions, and the answer they depend on is asked once', () => {
    expect(Object.keys(questionsOf(asking))).toEqual([
      'indicator',
      'seconds',
      'metric',
      'objective',
    ]);
    expect(questionsOf(asking).indicator.type).toBe('string');
  });

  it.each([
    [{ indicator: 'latency', seconds: 1 }, /^$/],
    [{ indicator: 'latency', seconds: 9 }, /seconds/],
    [{ indicator: 'freshness', metric: 'A' }, /metric/],
    // What was chosen before another indicator was: nobody sees it any more, and it is checked no more.
    [{ indicator: 'freshness', seconds: 9 }, /^$/],
  ])('are checked where they are asked: %j', (answers, problems) => {
    expect(answerProblems(asking, answers).join()).toMatch(problems);
  });
});
