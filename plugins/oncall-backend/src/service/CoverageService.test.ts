import type { OnCallSchedule, Shift } from '@pavedroad/plugin-oncall-common';

import { buildSnapshot } from '../catalog/CatalogSnapshot';
import type {
  History,
  OverrideVersion,
  ScheduleVersion,
} from '../store/OnCallStore';
import { CoverageService, doubleBookings } from './CoverageService';
import { inForceAt } from './history';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const ref = (name: string) => `oncallschedule:default/${name}`;
const shift = (person: string, from: string, to: string, level = 1): Shift => ({
  person,
  level,
  from: `2026-06-${from}T00:00:00Z`,
  to: `2026-06-${to}T00:00:00Z`,
});
const report = (scheduleRef: string) => ({
  scheduleRef,
  title: scheduleRef,
  timeZone: 'Etc/UTC',
  gaps: [],
  doubleBookings: [],
});
const native = (name: string, shifts: Shift[], contains: string[] = []) => ({
  report: report(ref(name)),
  shifts,
  contains: new Set(contains.map(ref)),
});
const provided = (name: string, shifts: Shift[], account = 'pager main') => ({
  report: report(name),
  shifts,
  account,
});

describe('people on call in two places at once', () => {
  const ann = shift('user:default/ann', '01', '03');
  const later = shift('user:default/ann', '02', '05');
  it.each([
    [
      'two schedules of the portal',
      [native('a', [ann]), native('b', [later])],
      [],
      [[ref('a'), ref('b')]],
    ],
    [
      'a schedule and one it contains',
      [native('a', [ann], ['b']), native('b', [ann])],
      [],
      [],
    ],
    [
      'the portal and a provider',
      [native('a', [ann])],
      [provided('p:1', [later])],
      [[ref('a'), 'p:1']],
    ],
    [
      'two schedules of a provider',
      [],
      [provided('p:1', [ann]), provided('p:2', [later])],
      [['p:1', 'p:2']],
    ],
    [
      'two services of one policy',
      [],
      [provided('p:1', [ann]), provided('p:2', [ann])],
      [],
    ],
    [
      'two providers with the same shifts',
      [],
      [provided('p:1', [ann]), provided('q:1', [ann], 'q main')],
      [['p:1', 'q:1']],
    ],
    [
      'a policy and the schedule of its second level',
      [],
      [provided('p:1', [later, { ...ann, level: 2 }]), provided('p:2', [ann])],
      [],
    ],
    [
      'one after the other',
      [native('a', [shift('user:default/ann', '01', '02')])],
      [provided('p:1', [later])],
      [],
    ],
  ])('%s', (_, natives, ofProviders, expected) => {
    expect(
      doubleBookings(natives, ofProviders).map(({ schedules }) => schedules),
    ).toEqual(expected);
  });
});

describe('the coverage of what is past', () => {
  const version = (
    name: string,
    number: number,
    takenUpAt: number,
    people: string[],
  ): ScheduleVersion => ({
    scheduleRef: ref(name),
    number,
    removed: people.length === 0,
    title: name,
    ownerRef: 'group:default/pay',
    takenUpAt,
    schedule: {
      timeZone: 'Etc/UTC',
      levels: [{ layers: [{ people: people.map(p => `user:default/${p}`) }] }],
    } satisfies OnCallSchedule,
  });
  const start = (schedules: ScheduleVersion[]) => {
    const history: History = {
      schedules,
      overrides: [] as OverrideVersion[],
    };
    const present = inForceAt(history, Infinity);
    return new CoverageService({
      directory: { snapshot: async () => buildSnapshot([]) } as never,
      states: { present: async () => present } as never,
      store: { historyOf: async () => history },
      providerShifts: {
        examine: async () => {
          throw new Error('nobody asks for it');
        },
        examineAll: async () => [],
      },
      clock: () => NOW,
    });
  };

  it('is that of the versions in force then, also of a schedule that is gone', async () => {
    const service = start([
      version('a', 1, NOW - 40 * DAY, ['ann']),
      version('a', 2, NOW - 10 * DAY, ['bea']),
      version('b', 1, NOW - 40 * DAY, ['ann']),
      version('b', 2, NOW - 20 * DAY, []),
    ]);
    const { schedules, doubleBookings: found } = await service.coverage({
      from: NOW - 30 * DAY,
      to: NOW,
    });
    expect(schedules.map(s => s.title)).toEqual(['a']);
    expect(found).toEqual([
      {
        person: 'user:default/ann',
        schedules: [ref('a'), ref('b')],
        from: new Date(NOW - 30 * DAY).toISOString(),
        to: new Date(NOW - 20 * DAY).toISOString(),
      },
    ]);
  });

  it('costs no more for the changes of other schedules', async () => {
    // 200 schedules, each changed 40 times in a quarter of a year.
    const versions = Array.from({ length: 200 }, (_, schedule) =>
      Array.from({ length: 40 }, (__, number) =>
        version(
          `s${schedule}`,
          number + 1,
          NOW - 92 * DAY + number * 2 * DAY + schedule * 60_000,
          [`p${schedule}-${number % 3}`],
        ),
      ),
    ).flat();
    const begun = performance.now();
    const { schedules } = await start(versions).coverage({
      from: NOW - 92 * DAY,
      to: NOW,
    });
    expect(schedules).toHaveLength(200);
    // Cutting all at each of the 8,000 changes is a million and a half pieces, and minutes.
    expect(performance.now() - begun).toBeLessThan(15_000);
  });
});
