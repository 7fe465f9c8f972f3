import type { OnCallSchedule } from '@pavedroad/plugin-oncall-common';

import type { OverrideVersion, ScheduleVersion } from '../store/OnCallStore';
import { inForceAt, shiftsThroughHistory } from './history';

const at = (day: number) => Date.UTC(2026, 5, day);

function version(
  number: number,
  takenUp: number,
  person: string,
  extra: Partial<ScheduleVersion> = {},
): ScheduleVersion {
  const schedule: OnCallSchedule = {
    timeZone: 'Etc/UTC',
    levels: [{ layers: [{ people: [person] }] }],
  };
  return {
    scheduleRef: 's',
    title: 's',
    ownerRef: 'group:default/g',
    schedule,
    number,
    removed: false,
    takenUpAt: at(takenUp),
    ...extra,
  };
}

function override(
  number: number,
  takenUp: number,
  extra: Partial<OverrideVersion> = {},
): OverrideVersion {
  return {
    id: 'o',
    number,
    removed: false,
    author: 'user:default/x',
    changeId: 'c',
    takenUpAt: at(takenUp),
    scheduleRef: 's',
    type: 'replace',
    person: 'a',
    with: 'z',
    from: at(10),
    to: at(20),
    ...extra,
  };
}

const people = (history: Parameters<typeof inForceAt>[0], day: number) => {
  const state = inForceAt(history, at(day)).get('s');
  return state?.schedule.levels[0].layers[0].people?.[0];
};

it('computes the past from the version in force then', () => {
  const history = {
    schedules: [version(1, 5, 'a'), version(2, 15, 'b')],
    overrides: [],
  };
  expect([5, 10, 14, 15, 20].map(day => people(history, day))).toEqual([
    'a',
    'a',
    'a',
    'b',
    'b',
  ]);
});

it('answers from the first version before it was taken up, and says so', () => {
  const history = {
    schedules: [version(2, 15, 'b'), version(1, 5, 'a')],
    overrides: [],
  };
  const state = inForceAt(history, at(1)).get('s');
  expect(state?.version.number).toBe(1);
  expect(state?.assumed).toBe(true);
  expect(inForceAt(history, at(6)).get('s')?.assumed).toBe(false);
});

it('knows that a schedule was gone, and that it came back', () => {
  const history = {
    schedules: [
      version(1, 5, 'a'),
      version(2, 10, 'a', { removed: true }),
      version(3, 15, 'c'),
    ],
    overrides: [],
  };
  expect([6, 12, 16].map(day => people(history, day))).toEqual([
    'a',
    undefined,
    'c',
  ]);
});

it('knows an override only from when it was made until it was taken back', () => {
  const history = {
    schedules: [version(1, 1, 'a')],
    overrides: [override(1, 12), override(2, 16, { removed: true })],
  };
  expect(
    [11, 13, 17].map(
      day => inForceAt(history, at(day)).get('s')?.schedule.overrides?.length,
    ),
  ).toEqual([0, 1, 0]);
});

it('has shifts that follow the history, and cuts them only where something changed hands', () => {
  const history = {
    schedules: [
      version(1, 1, 'a'),
      // A version that changes nothing for this person does not cut the shift.
      version(2, 5, 'a', { title: 'renamed' }),
      version(3, 25, 'b'),
    ],
    overrides: [override(1, 12), override(2, 16, { removed: true })],
  };
  expect(
    shiftsThroughHistory(history, 's', { from: at(2), to: at(30) }, at(27)).map(
      s => `${s.person} ${s.from.slice(8, 10)}–${s.to.slice(8, 10)}`,
    ),
  ).toEqual(['a 02–12', 'z 12–16', 'a 16–25', 'b 25–30']);
});
