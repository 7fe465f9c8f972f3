import { TestDatabases } from '@backstage/backend-test-utils';
import type {
  MyShiftsAnswer,
  TimelineAnswer,
} from '@pavedroad/plugin-oncall-common';
import type { Knex } from 'knex';

import { startOnCall } from './__testUtils__/startOnCall';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const HOUR = 3_600_000;
const iso = (time: number) => new Date(time).toISOString();
const FORTNIGHT = 'from=2026-06-03T00:00:00Z&to=2026-06-10T00:00:00Z';

describe('timeline and own shifts', () => {
  let knex: Knex;
  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
  });

  it('lays schedules side by side, with gaps, people and who may edit', async () => {
    const { get } = await startOnCall({ knex });
    const body: TimelineAnswer = (await get(`/timeline?${FORTNIGHT}`)).body;
    expect(body.schedules.map(s => [s.schedule.title, s.editable])).toEqual([
      ['The dangling schedule', false],
      ['The empty schedule', false],
      ['The loop schedule', false],
      ['The pay schedule', true],
      // Inês belongs to pay, which is below shop.
      ['The shop schedule', true],
    ]);
    const [, empty, loop, pay] = body.schedules;
    expect(empty.levels[0]).toMatchObject({
      level: 1,
      shifts: [],
      gaps: [
        { from: '2026-06-03T01:00:00+01:00', to: '2026-06-10T01:00:00+01:00' },
      ],
    });
    expect(loop).toMatchObject({
      levels: [],
      problem: expect.stringContaining('contain each other'),
    });
    expect(pay.levels[0]).toEqual({
      level: 1,
      name: 'Primary',
      shifts: [
        {
          person: 'user:default/ines',
          from: '2026-06-03T01:00:00+01:00',
          to: '2026-06-08T09:00:00+01:00',
          layer: 1,
        },
        {
          person: 'user:default/tomas',
          from: '2026-06-08T09:00:00+01:00',
          to: '2026-06-10T01:00:00+01:00',
          layer: 1,
        },
      ],
      gaps: [],
    });
    expect(pay.levels[1].name).toBe('Level 2');
    expect(body.people['user:default/ines'].displayName).toBe('Inês');
    expect(body.people['user:default/ghost'].known).toBe(false);
    expect(body.nextCursor).toBeUndefined();
  });

  it('goes on page by page, and narrows to a group or schedules', async () => {
    const { get } = await startOnCall({ knex });
    const titles: string[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page++) {
      const { body } = await get(`/timeline?${FORTNIGHT}&limit=2${cursor}`);
      titles.push(
        ...(body as TimelineAnswer).schedules.map(s => s.schedule.title),
      );
      expect(body.nextCursor === undefined).toBe(page === 2);
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(new Set(titles).size).toBe(5);
    const refs = async (query: string) =>
      (
        (await get(`/timeline?${FORTNIGHT}&${query}`)).body as TimelineAnswer
      ).schedules.map(s => s.schedule.ref.split('/')[1]);
    expect(await refs('group=shop')).toEqual(['pay', 'shop']);
    expect(await refs('group=group:default/pay')).toEqual(['pay']);
    expect(await refs('schedule=shop&schedule=empty')).toEqual([
      'empty',
      'shop',
    ]);
  });

  it.each([
    ['limit=0', 400, 'limit must be'],
    ['limit=101', 400, 'limit must be'],
    ['cursor=nonsense', 400, 'cursor must be'],
    ['schedule=nothing', 404, 'no schedule'],
    ['group=nothing', 404, 'has no group:default/nothing'],
    ['group=user:default/ines', 400, 'group must be'],
    ['to=2027-06-10T00:00:00Z', 400, 'longer than 92 days'],
  ])('answers /timeline?%s with %i', async (query, status, message) => {
    const { get } = await startOnCall({ knex });
    const response = await get(`/timeline?from=2026-06-03T00:00:00Z&${query}`);
    expect(response.status).toBe(status);
    expect(response.body.error.message).toContain(message);
  });

  it('shows the past as it was', async () => {
    const { get, send } = await startOnCall({ knex });
    await get('/now');
    const now = Date.now();
    await knex('schedule_versions').update({
      taken_up_at: new Date(now - 48 * HOUR),
    });
    const created = await send('post', '/overrides', 'ines', {
      schedule: 'pay',
      type: 'add',
      person: 'user:default/aiko',
      from: iso(now - 3 * HOUR),
      to: iso(now + 3 * HOUR),
      level: 1,
    });
    expect(created.status).toBe(201);
    const shifts = async () =>
      (
        (
          await get(
            `/timeline?schedule=pay&from=${iso(now - 4 * HOUR)}&to=${iso(
              now + 4 * HOUR,
            )}`,
          )
        ).body as TimelineAnswer
      ).schedules[0].levels[0].shifts.filter(
        s => s.person === 'user:default/aiko',
      );
    const [shift] = await shifts();
    // It counts from when it was made, not from when it says.
    expect(Date.parse(shift.from)).toBeGreaterThanOrEqual(now);
    expect(Date.parse(shift.to)).toBe(now + 3 * HOUR);
    await send('delete', `/overrides/${created.body.id}`, 'ines');
    const [rest] = await shifts();
    expect(rest.from).toBe(shift.from);
    expect(Date.parse(rest.to)).toBeLessThan(now + HOUR);
  });

  it('lists the shifts of the caller, whole, with who comes before and after', async () => {
    const { get } = await startOnCall({ knex });
    const ask = async (user: string): Promise<MyShiftsAnswer> =>
      (await get(`/my-shifts?${FORTNIGHT}`, user)).body;
    const mine = await ask('ines');
    expect(mine.person.displayName).toBe('Inês');
    expect(mine.shifts).toEqual([
      expect.objectContaining({
        scheduleRef: 'oncallschedule:default/pay',
        title: 'The pay schedule',
        timeZone: 'Europe/Lisbon',
        editable: true,
        level: 1,
        levelName: 'Primary',
        from: '2026-06-01T09:00:00+01:00',
        to: '2026-06-08T09:00:00+01:00',
        previous: [expect.objectContaining({ ref: 'user:default/tomas' })],
        next: [expect.objectContaining({ ref: 'user:default/tomas' })],
      }),
      expect.objectContaining({ title: 'The shop schedule' }),
    ]);
    const his = await ask('tomas');
    expect(his.shifts[0]).toMatchObject({
      from: '2026-06-08T09:00:00+01:00',
      editable: false,
      previous: [{ ref: 'user:default/ines' }],
    });
    expect((await ask('admin')).shifts).toEqual([]);
  });
});
