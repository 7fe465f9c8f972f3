import { TestDatabases } from '@backstage/backend-test-utils';
import type { OnCallProvider } from '@pavedroad/plugin-oncall-node';

import { startOnCall } from './__testUtils__/startOnCall';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const DAY = 86_400_000;
const WINDOW = 'from=2026-06-01T00:00:00Z&to=2026-06-03T00:00:00Z';
const REF = 'pager:main%2Fservice%2FP1'.replaceAll('%2F', '/');

describe('shifts and coverage of a provider’s schedule', () => {
  const start = async () => {
    const state = { asked: [] as string[], fails: false };
    const provider: OnCallProvider = {
      id: 'pager',
      title: 'Pager',
      match: ({ metadata: { annotations } }) =>
        annotations?.['pager.com/id']
          ? {
              scheduleId: `main/service/${annotations['pager.com/id']}`,
              annotation: 'pager.com/id',
            }
          : undefined,
      onCallAt: async () => ({
        title: 'Rota',
        timeZone: 'Europe/Lisbon',
        levels: [1, 2].map(level => ({ level, people: [] })),
        names: { 'pager:X': 'Guest' },
      }),
      shiftsBetween: async (_, { from, to }) => {
        state.asked.push(`${from}/${to}`);
        if (state.fails) {
          throw new Error('it answered 503');
        }
        const shift = (
          person: string,
          level: number,
          a: number,
          b: number,
        ) => ({
          person,
          level,
          from: new Date(Date.parse(from) + a * DAY).toISOString(),
          to: new Date(Date.parse(from) + b * DAY).toISOString(),
        });
        return [
          shift('mailto:ines@example.com', 1, 0, 1),
          shift('pager:X', 1, 1.5, 2),
          shift('mailto:ines@example.com', 2, 0.5, 2),
        ];
      },
    };
    const knex = await databases.init('POSTGRES_18');
    return { state, ...(await startOnCall({ knex, provider })) };
  };

  it('are told with people, gaps, double bookings and age, and asked for once', async () => {
    const { get, state } = await start();
    const { body } = await get(`/shifts?schedule=${REF}&${WINDOW}`);
    expect(body.schedule).toMatchObject({
      ref: REF,
      title: 'Rota',
      provider: 'pager',
      ageSeconds: 0,
      stale: false,
    });
    expect(
      body.shifts.map(
        (s: { person: { displayName: string }; level: number; from: string }) =>
          `${s.person.displayName} ${s.level} ${s.from}`,
      ),
    ).toEqual([
      'Inês 1 2026-06-01T01:00:00+01:00',
      'Guest 1 2026-06-02T13:00:00+01:00',
      'Inês 2 2026-06-01T13:00:00+01:00',
    ]);
    const coverage = await get(`/coverage?schedule=${REF}&${WINDOW}`);
    expect(coverage.body.schedules).toEqual([
      {
        scheduleRef: REF,
        title: 'Rota',
        timeZone: 'Europe/Lisbon',
        entityRefs: ['component:default/paged'],
        gaps: [
          {
            level: 2,
            from: '2026-06-01T01:00:00+01:00',
            to: '2026-06-01T13:00:00+01:00',
          },
          {
            level: 1,
            from: '2026-06-02T01:00:00+01:00',
            to: '2026-06-02T13:00:00+01:00',
          },
        ],
        doubleBookings: [
          {
            person: 'user:default/ines',
            levels: [1, 2],
            from: '2026-06-01T13:00:00+01:00',
            to: '2026-06-02T01:00:00+01:00',
          },
        ],
      },
    ]);
    // Beside those of the portal when all are asked for, from what is known already.
    const all = await get(`/coverage?${WINDOW}`);
    expect(all.body.schedules).toEqual(
      expect.arrayContaining([
        coverage.body.schedules[0],
        expect.objectContaining({ scheduleRef: 'oncallschedule:default/pay' }),
      ]),
    );
    expect(state.asked).toEqual([
      '2026-06-01T00:00:00.000Z/2026-06-03T00:00:00.000Z',
    ]);
  });

  it('double those of the portal and of other providers, whichever is asked for', async () => {
    const { get } = await start();
    const expected = {
      person: 'user:default/ines',
      schedules: ['oncallschedule:default/shop', REF],
      from: '2027-06-01T00:00:00.000Z',
      to: '2027-06-03T00:00:00.000Z',
    };
    const window = 'from=2027-06-01T00:00:00Z&to=2027-06-03T00:00:00Z';
    // Inês has that week on pay, which shop contains: one duty.
    for (const schedule of [undefined, REF, 'shop']) {
      const { body } = await get(
        `/coverage?${window}${schedule ? `&schedule=${schedule}` : ''}`,
      );
      expect(body.doubleBookings).toEqual([expected]);
      expect(body).not.toHaveProperty('notCompared');
    }
    const { body } = await get(`/coverage?${window}&schedule=dangling`);
    expect(body.doubleBookings).toEqual([]);
    const hygiene = await get('/hygiene?code=double-booking');
    expect(hygiene.body.findings).toContainEqual(
      expect.objectContaining({
        entityRef: 'oncallschedule:default/shop',
        message: expect.stringMatching(
          /^Inês is on call on The shop schedule and Rota at once/,
        ),
      }),
    );
  });

  it('cut whole days to the window, and leave schedules of the portal to themselves', async () => {
    const { get } = await start();
    const { body } = await get(
      `/shifts?schedule=${REF}&from=2026-06-01T06:00:00Z&to=2026-06-01T07:00:00Z`,
    );
    expect(body.shifts).toMatchObject([
      { from: '2026-06-01T07:00:00+01:00', to: '2026-06-01T08:00:00+01:00' },
    ]);
    expect((await get(`/shifts?schedule=pay&${WINDOW}`)).status).toBe(200);
    expect((await get(`/shifts?schedule=default/pay&${WINDOW}`)).status).toBe(
      200,
    );
    expect((await get('/coverage')).status).toBe(200);
  });

  it.each([
    ['a schedule no entity names', 'pager:main/service/P9', WINDOW, 404],
    ['a provider there is not', 'other:main/service/P1', WINDOW, 404],
    [
      'a long window',
      REF,
      'from=2026-01-01T00:00:00Z&to=2026-06-03T00:00:00Z',
      400,
    ],
  ])('refuse %s', async (_, ref, window, status) => {
    const { get, state } = await start();
    const answer = await get(`/shifts?schedule=${ref}&${window}`);
    expect(answer.status).toBe(status);
    expect(state.asked).toEqual([]);
  });

  it('say when the provider fails', async () => {
    const { get, state } = await start();
    state.fails = true;
    const answer = await get(`/shifts?schedule=${REF}&${WINDOW}`);
    expect(answer.status).toBe(502);
    expect(answer.body.error.message).toContain(
      'Pager cannot be asked: it answered 503',
    );
    // The rest is told all the same.
    const all = await get(`/coverage?${WINDOW}`);
    expect(all.status).toBe(200);
    expect(all.body.schedules.length).toBeGreaterThan(1);
    expect(all.body.schedules).toContainEqual(
      expect.objectContaining({
        scheduleRef: REF,
        problem: 'Pager cannot be asked: it answered 503',
      }),
    );
    // Whom it doubles is not known, and that is said, also of one of the portal's.
    const one = await get(`/coverage?schedule=pay&${WINDOW}`);
    expect(one.status).toBe(200);
    for (const { body } of [all, one]) {
      expect(body.notCompared).toEqual([
        {
          scheduleRef: REF,
          problem: 'Pager cannot be asked: it answered 503',
        },
      ]);
    }
  });
});
