import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type { OnCallProvider } from '@pavedroad/plugin-oncall-node';
import type { Knex } from 'knex';
import request from 'supertest';

import {
  entities,
  schedule,
  startOnCall as start,
} from './__testUtils__/startOnCall';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const HOUR = 3_600_000;
const iso = (time: number) => new Date(time).toISOString();

describe('with a database', () => {
  let knex: Knex;
  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
  });

  it('answers who is on call for an entity, with the trail', async () => {
    const { get } = await start({ knex });
    // 2026-06-01 09:00 in Lisbon is turn 334 of the weekly rotation, an even one.
    const at = '2026-06-03T12:00:00Z';
    const { body, status } = await get(
      `/now?entityRef=component:ledger&at=${at}`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      entityRef: 'component:default/ledger',
      at: '2026-06-03T12:00:00.000Z',
      coverage: 'full',
      schedule: {
        ref: 'oncallschedule:default/pay',
        title: 'The pay schedule',
        ownerRef: 'group:default/pay',
        timeZone: 'Europe/Lisbon',
        provider: 'native',
        version: { number: 1, assumed: true },
      },
      levels: [
        {
          level: 1,
          name: 'Primary',
          people: [
            {
              ref: 'user:default/ines',
              displayName: 'Inês',
              email: 'ines@example.com',
              known: true,
              links: [{ url: 'slack://user?id=U1', title: 'Slack' }],
              until: '2026-06-08T09:00:00+01:00',
            },
          ],
          until: '2026-06-08T09:00:00+01:00',
          next: {
            from: '2026-06-08T09:00:00+01:00',
            people: [{ displayName: 'Tomás' }],
          },
        },
        {
          level: 2,
          name: 'Level 2',
          people: [{ ref: 'user:default/ghost', known: false }],
        },
      ],
      until: '2026-06-08T09:00:00+01:00',
      trail: [
        { step: 'annotation', outcome: 'nothing' },
        { step: 'provider', outcome: 'nothing' },
        { step: 'owner', entityRef: 'group:default/pay', outcome: 'found' },
      ],
    });
    expect(body.reason).toBeUndefined();
    expect(
      (await get(`/now?entityRef=component:till&at=${at}`)).body.levels[0]
        .people[0].ref,
    ).toBe('user:default/ines');
  });

  it('says why nobody answers, and what would mend it', async () => {
    const { get } = await start({ knex });
    expect((await get('/now?entityRef=component:orphan')).body).toMatchObject({
      coverage: 'none',
      reason: {
        code: 'no-schedule',
        fix: expect.stringContaining('OnCallSchedule'),
      },
      levels: [],
    });
    expect((await get('/now?entityRef=component:night')).body).toMatchObject({
      coverage: 'gap',
      reason: { code: 'nobody' },
      levels: [{ people: [] }],
      trail: [{ step: 'annotation', outcome: 'found' }],
    });
    expect(
      (await get('/now?entityRef=oncallschedule:dangling')).body.reason.message,
    ).toContain('oncallschedule:default/gone, which does not exist');
    expect(
      (await get('/now?entityRef=oncallschedule:loop')).body,
    ).toMatchObject({
      coverage: 'gap',
      reason: {
        code: 'schedule-invalid',
        message: expect.stringContaining('contain each other'),
      },
    });
  });

  it('answers for everybody in one request', async () => {
    const { get } = await start({ knex });
    const { body } = await get('/now?services=true');
    expect(body.totals).toEqual({ services: 5, full: 3, gap: 1, none: 1 });
    expect(
      body.schedules.map(
        (s: {
          schedule: { title: string };
          mine: boolean;
          services: number;
        }) => [s.schedule.title, s.mine, s.services],
      ),
    ).toEqual([
      ['The dangling schedule', false, 0],
      ['The empty schedule', false, 1],
      ['The loop schedule', false, 0],
      ['The pay schedule', true, 2],
      ['The shop schedule', expect.any(Boolean), 1],
    ]);
    expect(body.services).toHaveLength(5);
    expect((await get('/now')).body.services).toBeUndefined();
  });

  it('says who may propose a change of a schedule', async () => {
    const changeable = async (
      portal: Awaited<ReturnType<typeof start>>,
      user: string,
    ) => {
      const { schedules } = (await portal.get('/now', user)).body;
      const own = await portal.get('/now?entityRef=component:ledger', user);
      return {
        all: schedules
          .filter((row: { canChange: boolean }) => row.canChange)
          .map((row: { schedule: { ref: string } }) => row.schedule.ref),
        ledger: own.body.canChange,
      };
    };
    const portal = await start({ knex });
    // Members of a group below the owner belong to the owner, too.
    expect(await changeable(portal, 'ines')).toEqual({
      all: ['oncallschedule:default/pay', 'oncallschedule:default/shop'],
      ledger: true,
    });
    expect(await changeable(portal, 'aiko')).toEqual({
      all: [],
      ledger: false,
    });
    expect((await changeable(portal, 'admin')).all).toHaveLength(5);
    // Programs open pull requests themselves.
    const asked = await request(portal.server)
      .get('/api/oncall/now')
      .set('authorization', mockCredentials.service.header());
    expect(asked.body.schedules).toHaveLength(5);
    expect(
      asked.body.schedules.some((row: { canChange: boolean }) => row.canChange),
    ).toBe(false);
    const strict = await start({ knex, deny: ['oncall.schedule.propose'] });
    expect(await changeable(strict, 'ines')).toEqual({
      all: [],
      ledger: false,
    });
  });

  it('shows shifts, schedules and gaps', async () => {
    const { get } = await start({ knex });
    const window = 'from=2026-06-01T08:00:00Z&to=2026-06-15T08:00:00Z';
    const { body } = await get(`/shifts?schedule=pay&${window}`);
    expect(
      body.shifts.map(
        (s: { level: number; person: { displayName: string }; from: string }) =>
          `${s.level} ${s.person.displayName} ${s.from}`,
      ),
    ).toEqual([
      '1 Inês 2026-06-01T09:00:00+01:00',
      '2 ghost 2026-06-01T09:00:00+01:00',
      '1 Tomás 2026-06-08T09:00:00+01:00',
    ]);
    const marks = (await get('/schedules')).body.schedules.map(
      (s: { sampleData?: boolean }) => s.sampleData,
    );
    expect(marks).toEqual([undefined, true, undefined, undefined, undefined]);
    expect((await get('/schedules')).body.schedules).toHaveLength(5);
    const report = (await get(`/coverage?${window}`)).body;
    expect(report.schedules[1]).toMatchObject({
      scheduleRef: 'oncallschedule:default/empty',
      gaps: [
        {
          level: 1,
          from: '2026-06-01T09:00:00+01:00',
          to: '2026-06-15T09:00:00+01:00',
        },
      ],
    });
    expect(report.schedules[2].problem).toContain('contain each other');
    // The shop schedule contains that of pay, so being on both is one duty.
    expect(report.doubleBookings).toEqual([]);
  });

  it('computes the past from what was in force then', async () => {
    const first = await start({ knex });
    await first.get('/now');
    await knex('schedule_versions').update({
      taken_up_at: new Date(Date.now() - 48 * HOUR),
    });
    const changed = entities.map(e =>
      e.metadata.name === 'pay' && e.kind === 'OnCallSchedule'
        ? schedule('pay', {
            owner: 'pay',
            levels: [{ layers: [{ people: ['aiko'] }] }],
          })
        : e,
    );
    const second = await start({ knex, entities: changed });
    const who = async (at: number) =>
      (await second.get(`/now?entityRef=component:ledger&at=${iso(at)}`)).body;
    await second.get('/now');
    expect((await who(Date.now())).levels[0].people[0].displayName).toBe(
      'Aiko',
    );
    const past = await who(Date.now() - 24 * HOUR);
    expect(['Inês', 'Tomás']).toContain(past.levels[0].people[0].displayName);
    expect(past.schedule.version).toMatchObject({ number: 1, assumed: false });
    const shifts = (
      await second.get(
        `/shifts?schedule=pay&from=${iso(Date.now() - 24 * HOUR)}&to=${iso(
          Date.now() + HOUR,
        )}`,
      )
    ).body.shifts;
    expect(shifts[shifts.length - 1].person.displayName).toBe('Aiko');
    expect(Date.parse(shifts[shifts.length - 1].from)).toBeGreaterThan(
      Date.now() - HOUR,
    );
    // Gaps of the past are those of the versions in force then: the second level had its ghost until the change.
    const report = (
      await second.get(
        `/coverage?schedule=pay&from=${iso(Date.now() - 24 * HOUR)}&to=${iso(
          Date.now() + HOUR,
        )}`,
      )
    ).body;
    expect(report.schedules).toHaveLength(1);
    expect(report.schedules[0].gaps).toEqual([]);
    expect(Date.parse(report.to) - Date.parse(report.from)).toBeGreaterThan(
      24 * HOUR,
    );
    // A gap that lasts through the change of another schedule is one gap.
    const empty = (
      await second.get(
        `/coverage?schedule=empty&from=${iso(Date.now() - 24 * HOUR)}&to=${iso(
          Date.now() + HOUR,
        )}`,
      )
    ).body.schedules[0];
    expect(empty.gaps).toHaveLength(1);
    expect(
      Date.parse(empty.gaps[0].to) - Date.parse(empty.gaps[0].from),
    ).toBeGreaterThan(24 * HOUR);
    // A schedule that left the catalog is gone now and was there before.
    const third = await start({
      knex,
      entities: changed.filter(e => e.metadata.name !== 'empty'),
    });
    expect(
      (await third.get('/now?entityRef=component:night')).body.trail[0].outcome,
    ).toBe('missing');
    expect(
      (
        await third.get(
          `/now?entityRef=component:night&at=${iso(Date.now() - HOUR)}`,
        )
      ).body.trail[0].outcome,
    ).toBe('found');
  });

  it('lets members of the owning group and administrators override, and puts it on record', async () => {
    const { server, get, as, audited } = await start({ knex });
    const override = {
      schedule: 'pay',
      type: 'add',
      person: 'user:default/aiko',
      from: iso(Date.now() - HOUR),
      to: iso(Date.now() + HOUR),
      level: 1,
      reason: 'Release night',
    };
    const post = (user: string, body: object = override) =>
      request(server).post('/api/oncall/overrides').set(as(user)).send(body);
    const names = async () =>
      (await get('/now?entityRef=component:ledger')).body.levels[0].people.map(
        (p: { displayName: string }) => p.displayName,
      );

    const before = Date.now();
    expect((await post('tomas')).status).toBe(403);
    const created = await post('ines');
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      type: 'add',
      level: 1,
      createdBy: 'user:default/ines',
    });
    expect(await names()).toContain('Aiko');
    expect((await get('/overrides?schedule=pay')).body.overrides).toHaveLength(
      1,
    );
    // The hour before it was made stays as it was.
    expect(
      (await get(`/now?entityRef=component:ledger&at=${iso(before - 60_000)}`))
        .body.levels[0].people,
    ).toHaveLength(1);

    const remove = (user: string) =>
      request(server)
        .delete(`/api/oncall/overrides/${created.body.id}`)
        .set(as(user));
    expect((await remove('tomas')).status).toBe(403);
    expect((await remove('admin')).status).toBe(204);
    expect((await remove('admin')).status).toBe(404);
    expect(await names()).not.toContain('Aiko');

    expect(
      (await post('ines', { ...override, person: 'user:default/nobody' }))
        .status,
    ).toBe(400);
    expect((await post('ines', { ...override, level: 3 })).status).toBe(400);
    expect(
      (
        await post('ines', {
          ...override,
          from: iso(Date.now() - 2 * HOUR),
          to: iso(Date.now() - HOUR),
        })
      ).status,
    ).toBe(400);
    expect(
      (await post('ines', { ...override, schedule: 'nothing' })).status,
    ).toBe(404);
    expect(audited.filter(a => a.endsWith('succeeded'))).toEqual([
      'override-create succeeded',
      'override-delete succeeded',
    ]);
    expect(
      audited.filter(a => a.endsWith('failed')).length,
    ).toBeGreaterThanOrEqual(6);
  });

  it('gives calendars that cannot be guessed and can be revoked', async () => {
    const { server, get, as } = await start({ knex });
    const created = await request(server)
      .post('/api/oncall/calendars')
      .set(as('ines'))
      .send({});
    expect(created.status).toBe(201);
    const path = new URL(created.body.url).pathname;
    expect(path).toMatch(/\/api\/oncall\/calendar\/[\w-]{43}\.ics$/);
    const feed = await request(server).get(path);
    expect(feed.status).toBe(200);
    expect(feed.headers['content-type']).toContain('text/calendar');
    expect(feed.text).toContain('SUMMARY:Inês on call');
    expect(feed.text).not.toContain('ines@example.com');
    const given = path.split('/').pop()!.slice(0, -'.ics'.length);
    for (const guess of [
      'guess',
      'A'.repeat(43),
      // All but the last character of a true one, and a true one with another after it.
      `${given.slice(0, -1)}${given.endsWith('A') ? 'B' : 'A'}`,
      `${given}A`,
      given.toLocaleUpperCase('en-US'),
      `..%2Fcalendars`,
      '%00',
    ]) {
      expect(
        (await request(server).get(`/api/oncall/calendar/${guess}.ics`)).status,
      ).toBe(404);
    }
    expect((await get('/calendars')).body.calendars).toHaveLength(1);
    expect((await get('/calendars', 'tomas')).body.calendars).toHaveLength(0);
    const id = created.body.id;
    expect(
      (
        await request(server)
          .delete(`/api/oncall/calendars/${id}`)
          .set(as('tomas'))
      ).status,
    ).toBe(404);
    expect(
      (
        await request(server)
          .delete(`/api/oncall/calendars/${id}`)
          .set(as('ines'))
      ).status,
    ).toBe(204);
    expect((await request(server).get(path)).status).toBe(404);
  });

  it('keeps the events of a calendar, whenever it is read', async () => {
    const { server, as } = await start({ knex });
    const { body } = await request(server)
      .post('/api/oncall/calendars')
      .set(as('ines'))
      .send({ schedule: 'pay' });
    // On a Wednesday no shift ends or begins at an edge of the feed.
    const wednesday = new Date();
    wednesday.setUTCDate(
      wednesday.getUTCDate() + ((10 - wednesday.getUTCDay()) % 7),
    );
    const clock = jest.spyOn(Date, 'now');
    const uids = [];
    for (const hour of [12, 13]) {
      clock.mockReturnValue(wednesday.setUTCHours(hour, 0, 0, 0));
      const { text } = await request(server).get(new URL(body.url).pathname);
      uids.push(text.match(/^UID:.*$/gm));
    }
    clock.mockRestore();
    expect(uids[0]).not.toHaveLength(0);
    expect(uids[1]).toEqual(uids[0]);
  });

  it('asks providers, and falls back to their last answer with its age', async () => {
    let fails = false;
    const provider: OnCallProvider = {
      id: 'pager',
      title: 'Pager',
      match: e => {
        const scheduleId = e.metadata.annotations?.['pager.com/id'];
        return scheduleId
          ? { scheduleId, annotation: 'pager.com/id' }
          : undefined;
      },
      onCallAt: async () => {
        if (fails) {
          throw new Error('503');
        }
        return {
          title: 'Pager rota',
          timeZone: 'Etc/UTC',
          levels: [
            { level: 1, people: [{ person: 'mailto:INES@example.com' }] },
          ],
        };
      },
      shiftsBetween: async () => [],
    };
    const { get } = await start({ knex, provider });
    const ask = async () => (await get('/now?entityRef=component:paged')).body;
    expect(await ask()).toMatchObject({
      coverage: 'full',
      schedule: { provider: 'pager', title: 'Pager rota', stale: false },
      levels: [{ people: [{ ref: 'user:default/ines' }] }],
    });
    fails = true;
    const soon = Date.now() + 90_000;
    jest.spyOn(Date, 'now').mockReturnValue(soon);
    try {
      expect(await ask()).toMatchObject({
        schedule: { stale: true, ageSeconds: expect.any(Number) },
        levels: [{ people: [{ ref: 'user:default/ines' }] }],
      });
    } finally {
      jest.restoreAllMocks();
    }
  });

  it.each([
    ['/now?entityRef=ledger', 400, 'entityRef must be'],
    [
      '/now?entityRef=component:nothing',
      404,
      'The catalog has no component:default/nothing',
    ],
    ['/now?at=yesterday', 400, 'at must be'],
    ['/now?at=3026-01-01T00:00:00Z', 400, 'between 1970 and 2100'],
    ['/now?services=yes', 400, 'services must be'],
    ['/shifts', 400, 'schedule must be'],
    ['/shifts?schedule=nothing', 404, 'no schedule'],
    [
      '/shifts?schedule=pay&from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z',
      400,
      'to must come after from',
    ],
    [
      '/shifts?schedule=pay&from=2000-06-02T00:00:00Z&to=2026-06-01T00:00:00Z',
      400,
      'longer than 366 days',
    ],
    [
      '/coverage?from=2000-06-02T00:00:00Z&to=2026-06-01T00:00:00Z',
      400,
      'longer than 92 days',
    ],
    ['/coverage?schedule=nothing', 404, 'no schedule'],
  ])('answers %s with %i', async (path, status, message) => {
    const { get } = await start({ knex });
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(response.body.error.message).toContain(message);
  });

  it('answers agents as it answers people', async () => {
    const { server, as } = await start({ knex });
    const invoke = (action: string, input: object, user = 'ines') =>
      request(server)
        .post(
          `/api/oncall/.backstage/actions/v1/actions/oncall:${action}/invoke`,
        )
        .set(as(user))
        .send(input);
    const one = await invoke('who-is-on-call', {
      entityRef: 'component:ledger',
      at: '2026-06-03T12:00:00Z',
    });
    expect(one.body.output.schedules).toEqual([
      expect.objectContaining({
        title: 'The pay schedule',
        coverage: 'full',
        levels: [
          expect.objectContaining({
            name: 'Primary',
            people: [
              {
                ref: 'user:default/ines',
                name: 'Inês',
                email: 'ines@example.com',
              },
            ],
            nextFrom: '2026-06-08T09:00:00+01:00',
          }),
          expect.objectContaining({ level: 2 }),
        ],
      }),
    ]);
    expect(one.body.output.trail).toHaveLength(3);
    const all = await invoke('who-is-on-call', {});
    expect(all.body.output.schedules).toHaveLength(5);
    const mine = await invoke('my-on-call-shifts', { days: 21 });
    const titles = mine.body.output.shifts.map(
      (shift: { title: string }) => shift.title,
    );
    expect(new Set(titles)).toEqual(
      new Set(['The pay schedule', 'The shop schedule']),
    );
    const nobody = await invoke('my-on-call-shifts', {}, 'admin');
    expect(nobody.body.output.shifts).toEqual([]);
  });

  it('serves its description, and nothing to those who may not read', async () => {
    const { get, server } = await start({
      knex,
      deny: ['oncall.schedule.read', 'oncall.override.create'],
    });
    expect((await get('/openapi.json')).body.openapi).toBe('3.1.0');
    expect(
      (
        await request(server)
          .post(
            '/api/oncall/.backstage/actions/v1/actions/oncall:who-is-on-call/invoke',
          )
          .set({ authorization: mockCredentials.user.header() })
          .send({})
      ).status,
    ).toBeGreaterThanOrEqual(403);
    for (const path of [
      '/now',
      '/now?entityRef=component:ledger',
      '/schedules',
      '/shifts?schedule=pay',
      '/coverage',
      '/overrides?schedule=pay',
      '/calendars',
    ]) {
      expect((await get(path)).status).toBe(403);
      expect(
        (
          await request(server)
            .get(`/api/oncall${path}`)
            .set('authorization', mockCredentials.none.header())
        ).status,
      ).toBe(401);
    }
  });

  it('takes its tables away again', async () => {
    await start({ knex });
    const directory = `${__dirname}/../migrations`;
    await knex.migrate.rollback({ directory }, true);
    for (const table of [
      'schedule_versions',
      'override_versions',
      'calendar_feeds',
      'changes',
      'handover_notes',
      'handover_reads',
      'handoff_notices',
      'secrets',
    ]) {
      expect(await knex.schema.hasTable(table)).toBe(false);
    }
    await knex.migrate.latest({ directory });
    expect(await knex.schema.hasTable('schedule_versions')).toBe(true);
  });
});
