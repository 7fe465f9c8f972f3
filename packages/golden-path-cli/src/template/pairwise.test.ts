import fc from 'fast-check';
import { matrixOf } from './matrix';
import { pairwise } from './pairwise';

const dimensions = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,4}$/),
  fc.uniqueArray(fc.integer({ min: 0, max: 9 }), {
    minLength: 1,
    maxLength: 4,
  }),
  { minKeys: 2, maxKeys: 5, noNullPrototype: true },
);

describe('pairwise', () => {
  it('puts every pair of values of every two answers together', () => {
    fc.assert(
      fc.property(dimensions, given => {
        const rows = pairwise(given);
        const names = Object.keys(given);
        for (const a of names) {
          for (const b of names.filter(name => name !== a)) {
            for (const x of given[a]) {
              for (const y of given[b]) {
                expect(rows.some(row => row[a] === x && row[b] === y)).toBe(
                  true,
                );
              }
            }
          }
        }
        const all = names.reduce((n, name) => n * given[name].length, 1);
        expect(rows.length).toBeLessThanOrEqual(all);
      }),
    );
  });

  it('gives the same rows for the same answers, the defaults first', () => {
    const given = {
      tier: [1, 2, 3],
      ci: ['gitlab', 'github'],
      system: ['', 's'],
    };
    expect(pairwise(given)).toEqual(pairwise(given));
    expect(pairwise(given)[0]).toEqual({ tier: 1, ci: 'gitlab', system: '' });
    expect(pairwise(given).length).toBeLessThan(9);
  });

  it('has one row without answers, and one for each value of a single one', () => {
    expect(pairwise({})).toEqual([{}]);
    expect(pairwise({ a: [1, 2] })).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe('the matrix of a form that asks some questions with certain answers only', () => {
  const strategies = ['rolling', 'canary', 'blue-green'];
  const rows = matrixOf({
    pages: [
      {
        properties: {
          tier: { type: 'integer', enum: [1, 2, 3], default: 2 },
          target: { type: 'string', enum: ['kubernetes', 'vm', 'paas'] },
        },
        dependencies: {
          target: {
            oneOf: [
              {
                properties: {
                  target: { enum: ['kubernetes'] },
                  strategy: {
                    type: 'string',
                    enum: strategies,
                    default: 'rolling',
                  },
                  gitops: { type: 'boolean', default: false },
                },
              },
              { properties: { target: { enum: ['vm', 'paas'] } } },
            ],
          },
        },
      },
    ],
  });
  const some = (answers: Record<string, unknown>) =>
    rows.some(row =>
      Object.entries(answers).every(([n, value]) => row.answers[n] === value),
    );

  it('asks them in rows with those answers, and in no other', () => {
    for (const { id, answers } of rows) {
      const cluster = answers.target === 'kubernetes';
      expect('strategy' in answers).toBe(cluster);
      expect('gitops' in answers).toBe(cluster);
      expect(id.includes('strategy=')).toBe(cluster);
    }
  });

  it('still puts every pair of values together that may be', () => {
    for (const tier of [1, 2, 3]) {
      for (const strategy of strategies) {
        expect(some({ tier, strategy })).toBe(true);
        expect(some({ strategy, gitops: true })).toBe(true);
        expect(some({ strategy, gitops: false })).toBe(true);
      }
      for (const target of ['kubernetes', 'vm', 'paas']) {
        expect(some({ tier, target })).toBe(true);
      }
    }
  });
});
