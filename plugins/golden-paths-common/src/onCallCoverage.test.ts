import { onCallProblem, readOnCallCoverage } from './onCallCoverage';

const ines = { ref: 'user:default/ines', displayName: 'Inês' };
const until = '2026-11-23T09:00:00Z';
const reason = { code: 'x', message: 'Why.', fix: 'Do this.' };

describe('readOnCallCoverage', () => {
  it.each([
    [
      { coverage: 'full', levels: [{ people: [{ ...ines, until }] }] },
      { state: 'covered', people: [ines], until },
    ],
    [
      { coverage: 'gap', reason, levels: [{ people: [] }, { people: [ines] }] },
      { state: 'covered', people: [ines] },
    ],
    [
      { coverage: 'gap', reason, levels: [{ people: [] }] },
      { state: 'gap', reason: 'Why.', fix: 'Do this.' },
    ],
    [
      {
        coverage: 'gap',
        levels: [],
        next: { from: until, level: 1, people: [ines] },
      },
      { state: 'gap', next: { from: until, people: [ines] } },
    ],
    [
      {
        coverage: 'gap',
        levels: [],
        next: { from: until, level: 1, people: [] },
      },
      { state: 'gap' },
    ],
    [
      { coverage: 'none', reason, levels: [] },
      { state: 'none', reason: 'Why.', fix: 'Do this.' },
    ],
  ])('%j', (answer, expected) => {
    expect(readOnCallCoverage(answer)).toEqual(expected);
  });

  it.each([[undefined], [{}], [{ coverage: 'perhaps' }], ['full']])(
    'refuses %j',
    answer => expect(() => readOnCallCoverage(answer)).toThrow(),
  );
});

describe('onCallProblem', () => {
  it.each([
    [{ state: 'covered', people: [ines] }, undefined],
    [
      { state: 'none', reason: 'Why.' },
      {
        message:
          'Nobody would be called when this breaks: payments has no on-call schedule. Why. Add an OnCallSchedule that it owns to the catalog, or choose an owner that has one.',
        refuses: true,
      },
    ],
    [
      { state: 'none', reason: 'No full stop', fix: 'Do this.' },
      {
        message:
          'Nobody would be called when this breaks: payments has no on-call schedule. No full stop. Do this.',
        refuses: true,
      },
    ],
    [
      { state: 'gap', fix: 'Do this.' },
      {
        message:
          'payments has an on-call schedule, but nobody is on call now or later. Do this.',
        refuses: true,
      },
    ],
    [
      { state: 'gap', next: { from: until, people: [ines] } },
      {
        message:
          'Nobody is on call for payments right now; Inês will be from 2026-11-23, 09:00 UTC on.',
        refuses: false,
      },
    ],
  ] as const)('%j', (coverage, problem) => {
    expect(
      onCallProblem(
        'payments',
        coverage as Parameters<typeof onCallProblem>[1],
      ),
    ).toEqual(problem);
  });
});
