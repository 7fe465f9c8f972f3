import type {
  ScheduleNow,
  ServiceCoverage,
} from '@pavedroad/plugin-oncall-common';

import { EverybodyText, type Everybody } from './EverybodyText';

const answer = (name: string): ScheduleNow => ({
  schedule: {
    ref: `oncallschedule:default/${name}`,
    title: `Schedule “${name}” – Łódź`,
    ownerRef: 'group:default/pay',
    timeZone: 'Etc/UTC',
    provider: 'native',
  },
  coverage: 'full',
  levels: [],
});
const services: ServiceCoverage[] = [
  { entityRef: 'component:default/ledger', title: 'Ledger', coverage: 'full' },
];
const everybody = (change: Partial<Everybody> = {}): Everybody => ({
  at: Date.parse('2026-06-01T00:00:00Z'),
  schedules: ['a', 'b'].map(name => ({
    answer: answer(name),
    services: 1,
    mine: name === 'a',
    canChange: name === 'a',
  })),
  totals: { services: 1, full: 1, gap: 0, none: 0 },
  services,
  ...change,
});
const plain = ({ at, schedules, totals, services: all }: Everybody) => ({
  at: new Date(at).toISOString(),
  schedules: schedules.map(({ answer: one, ...rest }) => ({ ...one, ...rest })),
  totals,
  services: all,
});

describe('the text of the answer about everybody', () => {
  const text = new EverybodyText();
  const read = (given: Everybody, withServices = true) =>
    JSON.parse(Buffer.concat(text.write(given, withServices)).toString());
  const first = everybody();
  const [a, b] = first.schedules;

  it.each<[string, Everybody]>([
    ['the first', first],
    ['the same again', first],
    ['the same at another instant', { ...first, at: first.at + 1 }],
    ['for somebody else', { ...first, schedules: [{ ...a, mine: false }, b] }],
    [
      'for somebody who may not change it',
      { ...first, schedules: [{ ...a, canChange: false }, b] },
    ],
    [
      'another number of services',
      { ...first, schedules: [{ ...a, services: 2 }, b] },
    ],
    [
      'another answer of a schedule',
      { ...first, schedules: [a, { ...b, answer: answer('b2') }] },
    ],
    ['a schedule less', { ...first, schedules: [a] }],
    ['no schedule', { ...first, schedules: [] }],
    ['other services', { ...first, services: [...services, ...services] }],
    ['the first once more', first],
  ])('says what there is: %s', (_, given) => {
    expect(read(given)).toEqual(plain(given));
    const { services: __, ...without } = plain(given);
    expect(read(given, false)).toEqual(without);
  });

  it('is kept as long as nothing is another', () => {
    const [, list] = text.write(first, true);
    expect(text.write({ ...first, at: 1 }, true)[1]).toBe(list);
    expect(
      text.write(
        { ...first, schedules: first.schedules.map(e => ({ ...e })) },
        true,
      )[1],
    ).toBe(list);
  });
});
