import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject, JsonValue } from '@backstage/types';
import fc from 'fast-check';
import { parse } from 'yaml';
import { askedOnly } from './askedOnly';

const text = { type: 'string' };

// What resolves forms says so where an answer leads nowhere.
beforeEach(() => {
  jest.spyOn(console, 'warn').mockImplementation();
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Asks more where a question is answered in a certain way. */
const when = (
  question: string,
  branches: Record<string, JsonObject>,
): JsonObject => ({
  [question]: {
    oneOf: Object.entries(branches).map(
      ([answer, { properties, ...more }]) => ({
        properties: {
          [question]: { enum: [answer] },
          ...(properties as JsonObject),
        },
        ...more,
      }),
    ),
  },
});

const indicator: JsonObject = {
  properties: { indicator: text },
  dependencies: when('indicator', {
    availability: { properties: { route: text } },
    latency: { properties: { route: text, seconds: { type: 'number' } } },
    freshness: {
      properties: { metric: text },
      dependencies: when('metric', {
        own: { properties: { unit: text } },
        stock: {},
      }),
    },
  }),
};

it.each<[string, JsonObject[], JsonObject, string[]]>([
  [
    'what another choice asked is left out, and what both ask stays',
    [indicator],
    { indicator: 'availability', route: '/', seconds: 0.5, metric: 'own' },
    ['indicator', 'route'],
  ],
  [
    'what is asked by an answer that is asked by an answer stays',
    [indicator],
    { indicator: 'freshness', metric: 'own', unit: 's' },
    ['indicator', 'metric', 'unit'],
  ],
  [
    'what is asked by an answer that is not asked is left out',
    [indicator],
    { indicator: 'latency', metric: 'own', unit: 's', seconds: 1 },
    ['indicator', 'seconds'],
  ],
  [
    'so it is where pages, not branches, follow from each other',
    [
      {
        properties: { kind: text },
        dependencies: {
          ...when('target', { vm: { properties: { image: text } } }),
          ...when('kind', { service: { properties: { target: text } } }),
        },
      },
    ],
    { image: 'debian', target: 'vm', kind: 'job' },
    ['kind'],
  ],
  [
    'a question of any page is one, in the order of the pages',
    [{ properties: { name: text } }, { properties: { tier: text } }],
    { tier: '1', name: 'ledger' },
    ['name', 'tier'],
  ],
  [
    'what nobody asks is left out, such as what an address brings',
    [{ properties: { name: text } }],
    { name: 'ledger', toString: 'x', constructor: 'y', old: 1 },
    ['name'],
  ],
  [
    'no, nothing, none and zero are answers',
    [
      {
        properties: {
          gitops: { type: 'boolean' },
          system: text,
          files: { type: 'null' },
          count: { type: 'number' },
          tags: { type: 'array', items: text },
        },
      },
    ],
    { gitops: false, system: '', files: null, count: 0, tags: [] },
    ['gitops', 'system', 'files', 'count', 'tags'],
  ],
  [
    'yes and no ask for different things',
    [
      {
        properties: { gitops: { type: 'boolean' } },
        dependencies: {
          gitops: {
            oneOf: [
              {
                properties: { gitops: { const: true }, cluster: text },
              },
              {
                properties: { gitops: { const: false }, script: text },
              },
            ],
          },
        },
      },
    ],
    { gitops: false, cluster: 'a', script: 'b' },
    ['gitops', 'script'],
  ],
  [
    'a condition of JSON schema asks, too',
    [
      {
        properties: { kind: text },
        if: { properties: { kind: { const: 'job' } }, required: ['kind'] },
        then: { properties: { schedule: text } },
        else: { properties: { port: { type: 'number' } } },
      },
    ],
    { kind: 'job', port: 80, schedule: '@daily' },
    ['kind', 'schedule'],
  ],
  [
    'of several shapes of which one is chosen, all count',
    [
      {
        properties: { name: text },
        oneOf: [{ properties: { a: text } }, { properties: { b: text } }],
      },
    ],
    { name: 'ledger', a: 'x', b: 'y', c: 'z' },
    ['name', 'a', 'b'],
  ],
  [
    'a page that takes anything takes anything',
    [{ properties: { name: text }, additionalProperties: text }],
    { name: 'ledger', colour: 'red' },
    ['name', 'colour'],
  ],
  [
    'questions that hide each other end the search',
    [
      {
        if: { required: ['a'] },
        then: { properties: {} },
        else: { properties: { a: text } },
      },
    ],
    { a: 'x' },
    expect.anything(),
  ],
])('%s', (_, pages, answers, kept) => {
  expect(Object.keys(askedOnly(pages, answers))).toEqual(kept);
});

describe('answers that are made of answers', () => {
  const alert: JsonObject = {
    type: 'object',
    properties: { how: text },
    dependencies: when('how', {
      page: { properties: { team: text } },
      ticket: { properties: { queue: text } },
    }),
  };
  const former = { how: 'page', team: 'payments', queue: 'PAY' };
  const now = { how: 'page', team: 'payments' };

  it.each<[string, JsonObject, JsonValue, JsonValue]>([
    ['an object', alert, former, now],
    [
      'each of a list',
      { type: 'array', items: alert },
      [former, { how: 'ticket', team: 'x', queue: 'PAY' }],
      [now, { how: 'ticket', queue: 'PAY' }],
    ],
    [
      'each of a list by its place',
      { type: 'array', items: [text, alert] },
      ['x', former, former],
      ['x', now, former],
    ],
    [
      'an object in an object',
      { type: 'object', properties: { on: alert } },
      { on: former, off: true },
      { on: now },
    ],
    [
      'what says nothing of its parts is left alone',
      { type: 'object' },
      former,
      former,
    ],
  ])('%s', (_, question, answer, expected) => {
    expect(
      askedOnly([{ properties: { question } }], { question: answer }),
    ).toEqual({ question: expected });
  });
});

/** A question of a made-up form, and what it leads to by its answer, told without any JSON schema. */
type Question = {
  name: string;
  kind: 'choice' | 'yes or no' | 'list';
  then: Record<string, Question[]>;
};

const CHOICES = ['a', 'b', 'c'];

const answersOf = ({ kind }: Question): Array<string | boolean> =>
  kind === 'yes or no' ? [true, false] : CHOICES;

/** Questions with names that begin with that of what they follow from: branches of one question share names, nothing else does. */
const questions = (name: string, depth: number): fc.Arbitrary<Question[]> =>
  fc
    .uniqueArray(fc.constantFrom('p', 'q', 'r'), { maxLength: 3 })
    .chain(letters =>
      fc.tuple(
        ...letters.map(letter => {
          const following: fc.Arbitrary<Question[]> =
            depth === 0
              ? fc.constant([])
              : questions(`${name}${letter}`, depth - 1);
          return fc.record<Question>({
            name: fc.constant(`${name}${letter}`),
            kind: fc.constantFrom<Question['kind']>(
              'choice',
              'yes or no',
              'list',
            ),
            then: fc.record({ a: following, b: following, true: following }),
          });
        }),
      ),
    );

function schemaOf(page: Question[]): JsonObject {
  return {
    properties: Object.fromEntries(
      page.map(asked => [
        asked.name,
        asked.kind === 'list'
          ? { type: 'array', items: text }
          : { enum: answersOf(asked) },
      ]),
    ),
    dependencies: Object.fromEntries(
      page
        .filter(({ kind }) => kind !== 'list')
        .map(asked => [
          asked.name,
          {
            oneOf: answersOf(asked).map(answer => {
              const { properties, dependencies } = schemaOf(
                asked.then[String(answer)] ?? [],
              );
              return {
                properties: {
                  [asked.name]: { enum: [answer] },
                  ...(properties as JsonObject),
                },
                dependencies,
              };
            }),
          },
        ]),
    ),
  };
}

function namesIn(page: Question[]): string[] {
  return page.flatMap(({ name, then }) => [
    name,
    ...Object.values(then).flatMap(namesIn),
  ]);
}

/** What somebody who reads the form from its top is asked. */
function askedBy(page: Question[], answers: JsonObject): string[] {
  return page.flatMap(question => {
    const answer = answers[question.name] as string | boolean;
    const leads =
      question.kind !== 'list' && answersOf(question).includes(answer);
    return [
      question.name,
      ...(leads ? askedBy(question.then[String(answer)] ?? [], answers) : []),
    ];
  });
}

const answered = fc.tuple(questions('0', 2), questions('1', 2)).chain(pages =>
  fc.record({
    pages: fc.constant(pages),
    answers: fc.record(
      Object.fromEntries(
        [...pages.flatMap(namesIn), 'nobody asks'].map(name => [
          name,
          fc.oneof(
            fc.constantFrom<JsonValue | undefined>(...CHOICES, true, false),
            fc.constantFrom<JsonValue | undefined>(['x'], undefined),
          ),
        ]),
      ),
    ) as fc.Arbitrary<JsonObject>,
  }),
);

it('keeps exactly what is asked with what it keeps, and keeps all of that when asked again', () => {
  let dropped = 0;
  let nested = 0;
  fc.assert(
    fc.property(answered, ({ pages, answers }) => {
      const schemas = pages.map(schemaOf);
      const kept = askedOnly(schemas, answers);
      const asked = new Set(pages.flatMap(page => askedBy(page, kept)));
      const expected = Object.entries(answers).filter(
        ([name, value]) => value !== undefined && asked.has(name),
      );
      expect(kept).toEqual(Object.fromEntries(expected));
      expect(Object.entries(askedOnly(schemas, kept))).toEqual(
        Object.entries(kept),
      );
      dropped += Object.keys(answers).length > expected.length ? 1 : 0;
      nested += expected.some(
        ([name]) => !pages.flat().some(top => top.name === name),
      )
        ? 1
        : 0;
    }),
    { numRuns: 300 },
  );
  // Forms that ask nothing by what is answered would prove nothing.
  expect(dropped).toBeGreaterThan(50);
  expect(nested).toBeGreaterThan(20);
});

it('takes the pages of a template that asks by what is answered', () => {
  const { spec } = parse(
    readFileSync(
      path.resolve(__dirname, '../../../../templates/add-slo/template.yaml'),
      'utf8',
    ),
  );
  const answers = {
    entityRef: 'component:default/ledger',
    sloName: 'checkout',
    indicator: 'availability',
    route: '/v1/greetings/:name',
    thresholdSeconds: 0.3,
    metric: 'job_last_success_timestamp_seconds',
    maxAgeSeconds: 3600,
    objective: 99.5,
    files: null,
  };
  const { thresholdSeconds, metric, maxAgeSeconds, ...asked } = answers;
  expect(askedOnly(spec.parameters, answers)).toEqual(asked);
  const { route, ...freshness } = { ...asked, metric, maxAgeSeconds };
  expect(
    askedOnly(spec.parameters, { ...answers, indicator: 'freshness' }),
  ).toEqual({ ...freshness, indicator: 'freshness' });
});
