import { onCallProblem, readOnCallCoverage } from './onCallCoverage';

const person = (name: string) => ({
  person: `user:default/${name}`,
  until: '2026-11-23T09:00:00Z',
});

describe('readOnCallCoverage', () => {
  it.each([
    [
      { coverage: 'covered', levels: [{ people: [person('ines')] }] },
      {
        state: 'covered',
        people: ['user:default/ines'],
        until: '2026-11-23T09:00:00Z',
      },
    ],
    [
      {
        coverage: 'covered',
        levels: [{ people: [] }, { people: [person('joao')] }],
      },
      {
        state: 'covered',
        people: ['user:default/joao'],
        until: '2026-11-23T09:00:00Z',
      },
    ],
    [{ coverage: 'gap', levels: [] }, { state: 'gap' }],
    [{ coverage: 'covered', levels: [] }, { state: 'gap' }],
    [
      { coverage: 'none', reason: 'ambiguous' },
      { state: 'none', reason: 'ambiguous' },
    ],
  ])('%j', (answer, expected) => {
    expect(readOnCallCoverage(answer)).toEqual(expected);
  });

  it.each([[undefined], [{}], [{ coverage: 1 }], ['covered']])(
    'refuses %j',
    answer => expect(() => readOnCallCoverage(answer)).toThrow(),
  );
});

describe('onCallProblem', () => {
  it('tells a gap from no schedule, and what to do', () => {
    expect(onCallProblem('payments', { state: 'gap' })).toMatch(
      /^payments has an on-call schedule, but nobody is on call now\. Fill the gap/,
    );
    expect(
      onCallProblem('payments', { state: 'none', reason: 'no schedule' }),
    ).toMatch(/payments has no on-call schedule \(no schedule\)\. Add/);
    expect(
      onCallProblem('payments', { state: 'covered', people: ['user:x/y'] }),
    ).toBeUndefined();
  });
});
