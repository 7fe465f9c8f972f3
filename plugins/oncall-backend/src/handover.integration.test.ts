import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type {
  HandoverAnswer,
  LoadAnswer,
  RecoveryAnswer,
} from '@pavedroad/plugin-oncall-common';
import type { Knex } from 'knex';
import request from 'supertest';

import { entities, schedule, startOnCall } from './__testUtils__/startOnCall';
import { begunIn } from './service/HandoverService';
import { recoveryOf } from './service/LoadService';
import { DatabaseHandoverStore } from './store/DatabaseHandoverStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (time: number) => new Date(time).toISOString();
/** The UTC time of day in some hours. */
const clockAfter = (hours: number) =>
  iso(Date.now() + hours * HOUR).slice(11, 16);
const SOLO = 'oncallschedule:default/solo';

/** Aiko, for ever, on a schedule of pay that answers for the ledger. */
const world = [
  ...entities.filter(e => e.metadata.name !== 'ledger'),
  {
    ...entities.find(e => e.metadata.name === 'ledger')!,
    metadata: {
      name: 'ledger',
      namespace: 'default',
      annotations: { 'pavedroad.dev/on-call-schedule': 'solo' },
    },
  },
  schedule('solo', {
    owner: 'group:default/pay',
    levels: [{ layers: [{ people: ['aiko'] }] }],
  }),
  // A year of one person, and every day an hour of another, twelve hours from now.
  schedule('lunch', {
    owner: 'group:default/pay',
    levels: [
      {
        layers: [
          {
            rotation: {
              participants: ['aiko'],
              start: '2026-01-01T00:00',
              unit: 'week',
              length: 52,
            },
          },
          {
            rotation: {
              participants: ['ines'],
              start: '2026-01-01T00:00',
              timeZone: 'Etc/UTC',
              unit: 'week',
              length: 1,
              restrictions: [{ from: clockAfter(12), to: clockAfter(13) }],
            },
          },
        ],
      },
    ],
  }),
];

/** A portal whose delivery metrics know some incidents, page by page. */
async function portalWith(
  knex: Knex,
  incidents: object[] | undefined,
  config = {},
) {
  const asked: string[] = [];
  jest.spyOn(global, 'fetch').mockImplementation(async input => {
    const url = new URL(String(input));
    asked.push(url.pathname);
    if (!incidents) {
      return new Response('', { status: 503 });
    }
    const start = Number(url.searchParams.get('cursor') ?? 0);
    return Response.json({
      items: incidents.slice(start, start + 2),
      ...(incidents.length > start + 2
        ? { nextCursor: String(start + 2) }
        : {}),
    });
  });
  const portal = await startOnCall({ knex, entities: world, config });
  return { ...portal, asked };
}

const incident = (
  id: string,
  service: string,
  at: number,
  minutes?: number,
) => ({
  id,
  title: `Incident ${id}`,
  serviceRef: `component:default/${service}`,
  openedAt: iso(at),
  url: 'https://pager.example.com/1',
  ...(minutes === undefined
    ? {}
    : {
        resolvedAt: iso(at + minutes * 60_000),
        durationSeconds: minutes * 60,
      }),
});

let knex: Knex;
beforeEach(async () => {
  knex = await databases.init('POSTGRES_18');
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('handover', () => {
  it('passes notes on, with who has read them, until they are closed', async () => {
    const { send, get, audited } = await portalWith(knex, []);
    const write = (user: string, body: object) =>
      send('post', '/handover', user, body);
    const text = '**Card network** flaps, see [runbook](https://example.com)';
    expect((await write('tomas', { scheduleRef: 'solo', text })).status).toBe(
      403,
    );
    // Not a member, but on call now.
    expect((await write('aiko', { scheduleRef: 'solo', text })).status).toBe(
      201,
    );
    const note = (await write('ines', { scheduleRef: 'solo', text: 'Second' }))
      .body;
    expect(note).toMatchObject({
      scheduleRef: SOLO,
      text: 'Second',
      createdBy: { displayName: 'Inês' },
      readBy: [],
    });
    await send('post', `/handover/${note.id}/read`, 'aiko');
    expect(
      (await send('post', `/handover/${note.id}/read`, 'aiko')).body.readBy,
    ).toMatchObject([{ displayName: 'Aiko' }]);
    const open: HandoverAnswer = (await get('/handover?schedule=solo', 'tomas'))
      .body;
    expect(open.notes.map(n => n.text)).toEqual([text, 'Second']);
    expect(open.canWrite).toBe(false);
    expect((await get('/handover?schedule=solo', 'aiko')).body.canWrite).toBe(
      true,
    );

    expect(
      (await send('post', `/handover/${note.id}/close`, 'tomas')).status,
    ).toBe(403);
    expect(
      (await send('post', `/handover/${note.id}/close`, 'aiko')).body,
    ).toMatchObject({ closedBy: { displayName: 'Aiko' } });
    expect(
      (await send('post', `/handover/${note.id}/close`, 'aiko')).status,
    ).toBe(409);
    expect((await get('/handover?schedule=solo')).body.notes).toHaveLength(1);
    expect(
      (await get('/handover?schedule=solo&closed=true')).body.notes,
    ).toMatchObject([{ id: note.id }]);
    expect(
      (await send('post', `/handover/${note.id}/reopen`, 'ines')).body.closedAt,
    ).toBeUndefined();
    expect(audited).toContain('handover-write failed');
    expect(audited).toContain('handover-close succeeded');
  });

  it('tells what happened since the shift began', async () => {
    const now = Date.now();
    const { get } = await portalWith(knex, [
      incident('1', 'ledger', now - 3 * HOUR, 30),
      incident('2', 'till', now - 2 * HOUR),
      incident('3', 'ledger', now - HOUR),
    ]);
    const body: HandoverAnswer = (await get('/handover?schedule=solo')).body;
    expect(Date.parse(body.since!)).toBeLessThan(now - 40 * DAY);
    expect(body.incidents).toEqual([
      {
        id: '3',
        title: 'Incident 3',
        entityRef: 'component:default/ledger',
        openedAt: iso(now - HOUR),
        url: 'https://pager.example.com/1',
      },
      expect.objectContaining({ id: '1', resolvedAt: expect.any(String) }),
    ]);
    expect(body.pages).toEqual([]);
    // A shift began with its turn, although somebody had an hour of it since.
    const cut: HandoverAnswer = (await get('/handover?schedule=lunch')).body;
    expect(Date.parse(cut.since!)).toBeLessThan(now - 40 * DAY);
    // Nobody is on call, so there is no shift that began.
    const none: HandoverAnswer = (await get('/handover?schedule=empty')).body;
    expect(none).toMatchObject({ notes: [], incidents: [] });
    expect(none.since).toBeUndefined();
  });

  it.each([
    [{ scheduleRef: 'solo', text: '' }, 400],
    [{ scheduleRef: 'solo', text: 'x'.repeat(10_001) }, 400],
    [{ scheduleRef: 'solo', text: 'a\0b' }, 400],
    [{ scheduleRef: 'nothing', text: 'x' }, 404],
    [{ text: 'x' }, 400],
  ])('answers a note %# with %i', async (body, status) => {
    const { send } = await portalWith(knex, []);
    expect((await send('post', '/handover', 'ines', body)).status).toBe(status);
  });

  it('takes a hundred open notes of a schedule, and no more', async () => {
    await portalWith(knex, []);
    const store = new DatabaseHandoverStore(knex);
    const note = { scheduleRef: SOLO, text: 'x', author: 'user:default/ines' };
    expect(await store.add(note, 2)).toBeDefined();
    expect(await store.add(note, 2)).toBeDefined();
    expect(await store.add(note, 2)).toBeUndefined();
  });

  it('lets one of several back ends tell of a shift, and another when it gives up', async () => {
    await portalWith(knex, []);
    const store = new DatabaseHandoverStore(knex);
    const handoff = {
      scheduleRef: SOLO,
      level: 1,
      person: 'user:default/aiko',
      beginsAt: Date.now(),
    };
    const claims = await Promise.all(
      Array.from({ length: 5 }, () => store.claim(handoff, 60_000)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await store.claim(handoff, 0)).toBe(true);
    await store.told(handoff);
    expect(await store.claim(handoff, 0)).toBe(false);
    await store.forgetBefore(Date.now() + 1000);
    expect(await knex('handoff_notices')).toEqual([]);
  });

  it.each`
    what                         | shifts                             | begun
    ${'a shift that just began'} | ${[['a', -5, 60]]}                 | ${['a']}
    ${'one that began long ago'} | ${[['a', -60, 60]]}                | ${[]}
    ${'one that is to come'}     | ${[['a', 5, 60]]}                  | ${[]}
    ${'one that goes on'}        | ${[['a', -60, -5], ['a', -5, 60]]} | ${[]}
    ${'one after somebody else'} | ${[['b', -60, -5], ['a', -5, 60]]} | ${['a']}
  `('tells of $what: $begun', ({ shifts, begun }) => {
    const at = (minutes: number) => iso(minutes * 60_000);
    expect(
      begunIn(
        shifts.map(([person, from, to]: [string, number, number]) => ({
          person: `user:default/${person}`,
          level: 1,
          from: at(from),
          to: at(to),
        })),
        -10 * 60_000,
        0,
      ).map(({ pieces: [shift] }) => shift.person.split('/')[1]),
    ).toEqual(begun);
  });
});

describe('load', () => {
  const WEEK = 'from=2026-06-01T00:00:00Z&to=2026-06-08T00:00:00Z';
  const monday = Date.parse('2026-06-01T12:00:00Z');

  it('weighs what people carry, for their group, those around it and administrators', async () => {
    const portal = await portalWith(knex, [
      incident('1', 'ledger', monday, 30),
      incident('2', 'till', monday),
      incident('3', 'ledger', monday + HOUR, 30),
    ]);
    const { get, server } = portal;
    const { body, status } = await get(`/load?schedule=solo&${WEEK}`);
    expect(status).toBe(200);
    const load: LoadAnswer = body;
    expect(load).toMatchObject({
      timeZone: 'Europe/Lisbon',
      scheduleRefs: [SOLO],
      people: [
        {
          person: { displayName: 'Aiko' },
          seconds: (7 * DAY) / 1000,
          nightSeconds: 7 * 9 * 3600,
          weekendSeconds: 48 * 3600,
          pages: 0,
          incidents: 2,
          coveredForOthersSeconds: 0,
        },
      ],
      totals: { seconds: (7 * DAY) / 1000, pages: 0, incidents: 2 },
    });
    expect(load.notes.map(n => n.code)).toEqual([
      'pages-known',
      'history-assumed',
    ]);
    for (const [user, allowed] of [
      ['tomas', 403],
      ['aiko', 403],
      ['admin', 200],
    ] as const) {
      expect((await get(`/load?schedule=solo&${WEEK}`, user)).status).toBe(
        allowed,
      );
    }
    expect(
      (
        await request(server)
          .get('/api/oncall/load?group=shop')
          .set({ authorization: mockCredentials.service.header() })
      ).status,
    ).toBe(200);
    const group: LoadAnswer = (await get(`/load?group=pay&${WEEK}`)).body;
    expect(group.scheduleRefs).toEqual([
      'oncallschedule:default/lunch',
      'oncallschedule:default/pay',
      SOLO,
    ]);
    expect(group.people.map(p => p.person.displayName)).toEqual(
      expect.arrayContaining(['Aiko', 'Inês', 'ghost']),
    );
    // The schedule of the shop contains that of pay: whoever is on call on both has one shift.
    const shiftsOf = ({ people }: LoadAnswer, name: string) =>
      people.find(p => p.person.displayName === name)?.shifts;
    const above: LoadAnswer = (await get(`/load?group=shop&${WEEK}`)).body;
    expect(above.scheduleRefs).toContain('oncallschedule:default/shop');
    expect(shiftsOf(above, 'Inês')).toBe(shiftsOf(group, 'Inês'));
    expect(shiftsOf(above, 'Inês')).toBeGreaterThan(0);
    const cut: LoadAnswer = (await get(`/load?schedule=lunch&${WEEK}`)).body;
    expect([shiftsOf(cut, 'Aiko'), shiftsOf(cut, 'Inês')]).toEqual([1, 2]);
    const csv = (await get(`/load?schedule=solo&${WEEK}&format=csv`)).text;
    expect(csv.split('\r\n')[1]).toBe(
      'user:default/aiko,Aiko,604800,226800,172800,1,0,0,2,0',
    );
  });

  it('says that history is assumed also of a schedule that has been changed since', async () => {
    const before = await portalWith(knex, []);
    await before.get('/now');
    jest.restoreAllMocks();
    jest
      .spyOn(global, 'fetch')
      .mockImplementation(async () => Response.json({ items: [] }));
    const { get } = await startOnCall({
      knex,
      entities: world.map(e =>
        e.metadata.name === 'solo'
          ? { ...e, metadata: { ...e.metadata, title: 'By another name' } }
          : e,
      ),
    });
    const codes = async () => {
      const { body } = await get(`/load?schedule=solo&${WEEK}`);
      return body.notes.map((note: { code: string }) => note.code);
    };
    expect(await codes()).toContain('history-assumed');
    expect(
      await knex('schedule_versions').where({ schedule_ref: SOLO }),
    ).toHaveLength(2);
    await knex('schedule_versions')
      .where({ schedule_ref: SOLO, number: 1 })
      .update({ taken_up_at: new Date('2026-05-01T00:00:00Z') });
    expect(await codes()).not.toContain('history-assumed');
  });

  it('is also for people of the group above', async () => {
    jest
      .spyOn(global, 'fetch')
      .mockImplementation(async () => Response.json({ items: [] }));
    const { get } = await startOnCall({
      knex,
      entities: world,
      groups: { 'user:default/boss': ['group:default/shop'] },
    });
    expect((await get(`/load?schedule=solo&${WEEK}`, 'boss')).status).toBe(200);
  });

  it('says when incidents are not known', async () => {
    const { get } = await portalWith(knex, undefined);
    const load: LoadAnswer = (await get(`/load?schedule=solo&${WEEK}`)).body;
    expect(load.notes[0].code).toBe('incidents-unknown');
    expect(load.people[0].incidents).toBe(0);
    expect((await get('/handover?schedule=solo')).body.incidents).toEqual([]);
    expect((await get('/recovery')).body.schedules).toEqual([]);
  });

  it.each([
    ['', 400, 'one of schedule and group'],
    ['schedule=solo&group=pay', 400, 'one of schedule and group'],
    ['schedule=nothing', 404, 'no schedule'],
    ['group=nothing', 404, 'has no group'],
    ['schedule=solo&timeZone=Nowhere', 400, 'timeZone must be'],
    [
      'schedule=solo&from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
      400,
      'longer than 366',
    ],
  ])('answers /load?%s with %i', async (query, status, message) => {
    const { get } = await portalWith(knex, []);
    const response = await get(`/load?${query}`);
    expect(response.status).toBe(status);
    expect(response.body.error.message).toContain(message);
  });

  it('shows recovery by the schedule that answered when an incident was opened', async () => {
    const now = Date.now();
    const first = await portalWith(knex, []);
    await first.get('/now');
    await knex('schedule_versions').update({
      taken_up_at: new Date(now - 20 * DAY),
    });
    const incidents = [
      ...[10, 20, 30, 40, 50, 60].map((minutes, i) =>
        incident(String(i), 'ledger', now - DAY + i, minutes),
      ),
      incident('open', 'ledger', now - HOUR),
      incident('till', 'till', now - DAY, 5),
      incident('orphan', 'orphan', now - DAY),
    ];
    jest.restoreAllMocks();
    const { get, asked } = await portalWith(knex, incidents);
    const body: RecoveryAnswer = (await get('/recovery')).body;
    expect(body.schedules).toEqual([
      {
        scheduleRef: SOLO,
        title: 'The solo schedule',
        incidents: 7,
        recovered: 6,
        p50Seconds: 35 * 60,
        p90Seconds: 55 * 60,
        status: 'ok',
      },
      {
        title: 'No schedule of the portal',
        incidents: 1,
        recovered: 0,
        status: 'no_data',
      },
      expect.objectContaining({
        scheduleRef: 'oncallschedule:default/shop',
        status: 'insufficient_data',
      }),
    ]);
    expect(new Set(asked)).toEqual(new Set(['/api/dora/incidents']));
  });

  it('goes by the schedule in force then, not now', async () => {
    const now = Date.now();
    const before = await portalWith(knex, []);
    await before.get('/now');
    await knex('schedule_versions').update({
      taken_up_at: new Date(now - 20 * DAY),
    });
    jest.restoreAllMocks();
    jest
      .spyOn(global, 'fetch')
      .mockImplementation(async () =>
        Response.json({ items: [incident('1', 'ledger', now - DAY, 10)] }),
      );
    const after = await startOnCall({
      knex,
      entities: world.filter(e => e.metadata.name !== 'solo'),
    });
    const body: RecoveryAnswer = (await after.get('/recovery')).body;
    expect(body.schedules.map(s => s.scheduleRef)).toEqual([SOLO]);
  });
});

it.each`
  seconds               | p50          | p90          | status
  ${[]}                 | ${undefined} | ${undefined} | ${'no_data'}
  ${[60]}               | ${60}        | ${60}        | ${'insufficient_data'}
  ${[10, 20]}           | ${15}        | ${19}        | ${'insufficient_data'}
  ${[1, 2, 3, 4, 5, 6]} | ${4}         | ${6}         | ${'ok'}
`('recovery of $seconds is $p50', ({ seconds, p50, p90, status }) => {
  expect(
    recoveryOf(
      seconds.map((durationSeconds: number) => ({
        durationSeconds,
        resolvedAt: 1,
      })),
    ),
  ).toEqual({
    incidents: seconds.length,
    recovered: seconds.length,
    ...(p50 === undefined ? {} : { p50Seconds: p50, p90Seconds: p90 }),
    status,
  });
});
