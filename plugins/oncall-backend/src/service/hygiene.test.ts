import type { Entity } from '@backstage/catalog-model';
import type {
  CoverageAnswer,
  EverybodyNow,
  OnCallSchedule,
} from '@pavedroad/plugin-oncall-common';

import { buildSnapshot } from '../catalog/CatalogSnapshot';
import {
  countFindings,
  editUrl,
  findingsOf,
  ownershipFindings,
  type OwnershipState,
} from './hygiene';

const EDIT = 'https://git.example.com/x/edit/main/catalog-info.yaml';
const entity = (
  kind: string,
  name: string,
  spec: Entity['spec'] = {},
  annotations: Record<string, string> = { 'backstage.io/edit-url': EDIT },
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name, namespace: 'default', title: `The ${name}`, annotations },
  spec,
});
const person = (name: string, ...memberOf: string[]) =>
  entity('User', name, { profile: { displayName: name }, memberOf });
const people = (...names: string[]): OnCallSchedule => ({
  timeZone: 'Etc/UTC',
  levels: [{ layers: [{ people: names.map(n => `user:default/${n}`) }] }],
});
const PAY = 'oncallschedule:default/pay';
const nothing: OwnershipState = {
  snapshot: buildSnapshot([]),
  schedules: new Map(),
  now: {
    at: '',
    schedules: [],
    totals: { services: 0, full: 0, gap: 0, none: 0 },
    services: [],
  },
  coverage: {
    from: '',
    to: '2026-06-15T00:00:00Z',
    schedules: [],
    doubleBookings: [],
  },
};
const team = [entity('Group', 'pay', { type: 'team' }), person('ann', 'pay')];
const withSchedule = (
  schedule: OnCallSchedule,
  report: Partial<CoverageAnswer['schedules'][number]> = {},
  more: Partial<OwnershipState> = {},
  ownerRef = 'group:default/pay',
): OwnershipState => ({
  ...nothing,
  snapshot: buildSnapshot(team),
  schedules: new Map([[PAY, { title: 'Pay', ownerRef, schedule }]]),
  coverage: {
    ...nothing.coverage,
    schedules: [
      {
        scheduleRef: PAY,
        title: 'Pay',
        timeZone: 'Etc/UTC',
        gaps: [],
        doubleBookings: [],
        ...report,
      },
    ],
  },
  ...more,
});
const service = (
  reason: NonNullable<EverybodyNow['services']>[number]['reason'],
  extra: Entity[] = [],
): OwnershipState => ({
  ...nothing,
  snapshot: buildSnapshot([
    ...team,
    entity('Component', 'ledger', { owner: 'pay' }, {}),
    ...extra,
  ]),
  now: {
    ...nothing.now,
    services: [
      {
        entityRef: 'component:default/ledger',
        title: 'Ledger',
        ownerRef: 'group:default/pay',
        coverage: 'none',
        ...(reason ? { reason } : {}),
      },
    ],
  },
});
const gap = (day: number, level = 1) => ({
  level,
  from: `2026-06-0${day}T09:00:00Z`,
  to: `2026-06-0${day}T10:00:00Z`,
});
const TIMELINE = '/on-call/timeline?schedule=oncallschedule%3Adefault%2Fpay';
const reason = (code: string) =>
  ({ code, message: `Because ${code}`, fix: 'Do it' } as NonNullable<
    NonNullable<EverybodyNow['services']>[number]['reason']
  >);

it.each`
  what                                | state                                                                                                                                                          | code                  | url
  ${'a service without schedule'}     | ${service(reason('no-schedule'))}                                                                                                                              | ${'no-schedule'}      | ${'/on-call/schedules/new?owner=group%3Adefault%2Fpay'}
  ${'a service of an ambiguous team'} | ${service(reason('ambiguous'))}                                                                                                                                | ${'ambiguous'}        | ${EDIT}
  ${'a service without owner'}        | ${service(reason('no-owner'))}                                                                                                                                 | ${'no-owner'}         | ${'/catalog/default/component/ledger'}
  ${'a provider that fails'}          | ${service(reason('provider-failed'))}                                                                                                                          | ${'provider-failed'}  | ${'/catalog/default/component/ledger'}
  ${'a system without owner'}         | ${{ ...nothing, snapshot: buildSnapshot([entity('System', 's')]) }}                                                                                            | ${'no-owner'}         | ${EDIT}
  ${'an API of an unknown owner'}     | ${{ ...nothing, snapshot: buildSnapshot([entity('API', 's', { owner: 'gone' })]) }}                                                                            | ${'owner-unknown'}    | ${EDIT}
  ${'a group below an unknown one'}   | ${{ ...nothing, snapshot: buildSnapshot([entity('Group', 'g', { parent: 'gone' })]) }}                                                                         | ${'owner-unknown'}    | ${EDIT}
  ${'a schedule of an unknown group'} | ${withSchedule(people('ann'), {}, {}, 'group:default/gone')}                                                                                                   | ${'owner-unknown'}    | ${undefined}
  ${'a schedule with a gap'}          | ${withSchedule(people('ann'), { gaps: [gap(1)] })}                                                                                                             | ${'schedule-gap'}     | ${TIMELINE}
  ${'a schedule in a circle'}         | ${withSchedule(people('ann'), { problem: 'Schedules contain each other' })}                                                                                    | ${'schedule-invalid'} | ${undefined}
  ${'a person nobody knows'}          | ${withSchedule(people('ann', 'ghost'))}                                                                                                                        | ${'person-unknown'}   | ${undefined}
  ${'somebody on two levels'}         | ${withSchedule(people('ann'), { doubleBookings: [{ person: 'user:default/ann', levels: [1, 2], from: '2026-06-01T09:00:00Z', to: '2026-06-02T09:00:00Z' }] })} | ${'double-booking'}   | ${TIMELINE}
  ${'a group of nobody'}              | ${withSchedule(people('ann'), {}, { snapshot: buildSnapshot([team[0], person('ann')]) })}                                                                      | ${'group-empty'}      | ${EDIT}
`('finds $what', ({ state, code, url }) => {
  const found = ownershipFindings(state);
  expect(found.map(f => [f.code, f.fix.url])).toEqual([[code, url]]);
  expect(countFindings(found)).toEqual([{ code, count: 1 }]);
});

it('says of all schedules that somebody is on at once, so that names are hidden by each', () => {
  const refs = [PAY, 'oncallschedule:default/shop'];
  const state = withSchedule(people('ann'));
  const [found] = ownershipFindings({
    ...state,
    coverage: {
      ...state.coverage,
      doubleBookings: [
        {
          person: 'user:default/ann',
          schedules: refs,
          from: '2026-06-01T09:00:00Z',
          to: '2026-06-02T09:00:00Z',
        },
      ],
    },
  });
  expect(found).toMatchObject({ entityRef: PAY, scheduleRefs: refs });
});

it.each`
  what                                   | state
  ${'nothing'}                           | ${nothing}
  ${'a schedule that is whole'}          | ${withSchedule(people('ann'))}
  ${'a group peopled through its child'} | ${withSchedule(people('ann'), {}, { snapshot: buildSnapshot([entity('Group', 'pay'), entity('Group', 'kid', { parent: 'pay' }), person('ann', 'kid')]) })}
  ${'an empty group that owns nothing'}  | ${{ ...nothing, snapshot: buildSnapshot([entity('Group', 'g')]) }}
`('finds nothing wrong with $what', ({ state }) => {
  expect(ownershipFindings(state)).toEqual([]);
});

it('counts gaps of a schedule and says when the first is', () => {
  const [found] = ownershipFindings(
    withSchedule(people('ann'), { gaps: [gap(1), gap(2, 2), gap(3)] }),
  );
  expect(found.message).toBe(
    'Pay has nobody on level 1 and 2 at 3 times until 2026-06-15, first at 2026-06-01 09:00 (UTC)',
  );
});

it('names a schedule that cannot be read, and a service that names none', () => {
  const broken: Entity = {
    apiVersion: 'pavedroad.dev/v1alpha1',
    kind: 'OnCallSchedule',
    metadata: {
      name: 'broken',
      annotations: {
        'backstage.io/managed-by-location':
          'url:https://git.example.com/b.yaml',
      },
    },
    spec: { owner: 'pay', timeZone: 'Nowhere', levels: [] },
  };
  const found = ownershipFindings({
    ...nothing,
    snapshot: buildSnapshot([
      ...team,
      broken,
      entity(
        'Component',
        'ledger',
        { owner: 'pay' },
        {
          'pavedroad.dev/on-call-schedule': 'gone',
        },
      ),
    ]),
    now: {
      ...nothing.now,
      services: [
        {
          entityRef: 'component:default/ledger',
          title: 'Ledger',
          ownerRef: 'group:default/pay',
          coverage: 'full',
        },
      ],
    },
  });
  expect(found).toMatchObject([
    {
      code: 'schedule-invalid',
      severity: 'bad',
      fix: { url: 'https://git.example.com/b.yaml' },
    },
    { code: 'no-schedule', severity: 'warning' },
  ]);
  expect(
    findingsOf('group:default/pay', found, buildSnapshot(team)).map(
      f => f.code,
    ),
  ).toEqual(['no-schedule']);
});

it.each`
  annotations                                                                | url
  ${{ 'backstage.io/edit-url': EDIT }}                                       | ${EDIT}
  ${{ 'backstage.io/managed-by-location': 'url:https://git.example.com/a' }} | ${'https://git.example.com/a'}
  ${{ 'backstage.io/managed-by-location': 'file:/etc/passwd' }}              | ${'/catalog/default/group/g'}
  ${{ 'backstage.io/edit-url': 'data:text/html,x' }}                         | ${'/catalog/default/group/g'}
  ${{}}                                                                      | ${'/catalog/default/group/g'}
`('edits an entity at $url', ({ annotations, url }) => {
  expect(editUrl(entity('Group', 'g', {}, annotations))).toBe(url);
});

it('names whom a calendar names and nobody knows', () => {
  const state = withSchedule(people('ann'));
  const found = ownershipFindings({
    ...state,
    now: {
      ...state.now,
      schedules: [
        {
          schedule: {
            ref: PAY,
            title: 'Pay',
            ownerRef: 'group:default/pay',
            timeZone: 'Etc/UTC',
            provider: 'native',
            calendars: [
              {
                level: 1,
                layer: 1,
                host: 'calendar.example',
                stale: false,
                unknown: ['Anne', 'somebody@example.com'],
              },
            ],
          },
          coverage: 'full',
          levels: [],
          services: 0,
          mine: false,
          canChange: false,
        },
      ],
    },
  });
  expect(found).toMatchObject([
    {
      code: 'person-unknown',
      severity: 'bad',
      entityRef: PAY,
      message: expect.stringContaining('Anne and somebody@example.com'),
    },
  ]);
});

it('passes over a schedule that was taken up while it looked', () => {
  const state = withSchedule(people('ann'), { problem: 'Broken' });
  expect(ownershipFindings(state).map(f => f.code)).toEqual([
    'schedule-invalid',
  ]);
  expect(ownershipFindings({ ...state, schedules: new Map() })).toEqual([]);
});
