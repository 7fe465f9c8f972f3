import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import type { ScheduleNow } from '@pavedroad/plugin-oncall-common';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { entities, schedule, startOnCall } from '../__testUtils__/startOnCall';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
type Now = ScheduleNow;
const HOUR = 3_600_000;
const stamp = (time: number) =>
  `${new Date(time).toISOString().slice(0, 13).replace(/[-]/g, '')}0000Z`;
const feed = (...events: [string, number, number][]) =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    ...events.flatMap(([summary, from, to], index) => [
      'BEGIN:VEVENT',
      `UID:${index}`,
      `DTSTART:${stamp(from)}`,
      `DTEND:${stamp(to)}`,
      `SUMMARY:${summary}`,
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ].join('\r\n');

describe('a schedule that follows a calendar', () => {
  let server: Server;
  let answer: { status: number; body: string };
  let asked = 0;
  beforeEach(async () => {
    asked = 0;
    server = createServer((_, response) => {
      asked += 1;
      response.writeHead(answer.status, { etag: `"${answer.body.length}"` });
      response.end(answer.body);
    });
    await new Promise<void>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });

  const start = async (calendars: object) => {
    const { port } = server.address() as AddressInfo;
    const scheduler = mockServices.scheduler();
    const knex = await databases.init('POSTGRES_18');
    const backend = await startOnCall({
      knex,
      config: { calendars: { refresh: '0s', ...calendars } },
      entities: [
        ...entities,
        schedule('rota', {
          owner: 'group:default/elsewhere',
          levels: [
            {
              layers: [
                { people: ['aiko'] },
                {
                  calendar: {
                    url: `http://localhost:${port}/secret-token/feed.ics`,
                  },
                },
              ],
            },
          ],
        }),
      ],
      features: [
        createServiceFactory({
          service: coreServices.scheduler,
          deps: {},
          factory: () => scheduler,
        }),
      ],
    });
    const rota = async (): Promise<Now> => {
      const { body } = await backend.get('/now');
      return body.schedules.find(
        (s: { schedule: { ref: string } }) =>
          s.schedule.ref === 'oncallschedule:default/rota',
      );
    };
    const settle = async (ready: (now: Now) => boolean) => {
      let now = await rota();
      for (let tries = 0; tries < 40 && !ready(now); tries++) {
        await new Promise(resolve => setTimeout(resolve, 50));
        await scheduler.triggerTask('read-calendars');
        now = await rota();
      }
      return now;
    };
    return { ...backend, knex, rota, settle };
  };
  const allowed = { allowedHosts: ['localhost'] };
  const people = (now: Now) =>
    now.levels[0].people.map((p: { ref: string }) => p.ref);

  it('has those on call whom the feed names, keeps what it said when it changes or fails, and says how old it is', async () => {
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    answer = { status: 200, body: feed(['Inês', now - HOUR, now + 2 * HOUR]) };
    const { rota, settle, get, knex } = await start(allowed);
    const first = await settle(s => people(s)[0] === 'user:default/ines');
    expect(people(first)).toEqual(['user:default/ines']);
    const { port } = server.address() as AddressInfo;
    expect(first.schedule.calendars).toEqual([
      {
        level: 1,
        layer: 2,
        host: `localhost:${port}`,
        ageSeconds: expect.any(Number),
        stale: false,
        unknown: [],
      },
    ]);
    expect(JSON.stringify(first)).not.toContain('secret-token');
    const between = new Date().toISOString();

    answer = { status: 200, body: feed(['Tomás', now - HOUR, now + 3 * HOUR]) };
    const second = await settle(s => people(s)[0] === 'user:default/tomas');
    expect(people(second)).toEqual(['user:default/tomas']);
    expect(second.schedule.version?.number).toBeGreaterThan(
      first.schedule.version!.number,
    );
    // The past stays as it was known then; the last second counts as the present.
    await new Promise(resolve => setTimeout(resolve, 1_200));
    const { body: past } = await get(`/now?at=${between}`);
    expect(
      people(
        past.schedules.find(
          (s: { schedule: { title: string } }) =>
            s.schedule.title === 'The rota schedule',
        ),
      ),
    ).toEqual(['user:default/ines']);

    answer = { status: 503, body: 'oops' };
    const failing = await settle(s => s.schedule.calendars?.[0].stale === true);
    expect(people(failing)).toEqual(['user:default/tomas']);
    expect(failing.schedule.calendars?.[0]).toMatchObject({
      stale: true,
      problem: 'The feed answered 503',
    });
    expect((await rota()).coverage).toBe('full');
    const [row] = await knex('calendar_imports');
    expect(row.failures).toBeGreaterThan(0);
  });

  it('is a gap where the feed names somebody the catalog does not know, and tells who', async () => {
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    answer = { status: 200, body: feed(['Zoe', now - HOUR, now + 2 * HOUR]) };
    const { settle, get } = await start(allowed);
    const state = await settle(s => s.coverage === 'gap');
    expect(state).toMatchObject({
      coverage: 'gap',
      reason: { code: 'nobody' },
      levels: [{ people: [] }],
      schedule: { calendars: [{ unknown: ['Zoe'] }] },
    });
    const { body } = await get('/coverage?schedule=rota');
    expect(body.schedules[0].gaps).toHaveLength(1);
  });

  it.each([
    [
      'malformed',
      { status: 200, body: 'BEGIN:VCALENDAR\r\nBEGIN:X' },
      allowed,
      'calendar',
    ],
    [
      'huge',
      { status: 200, body: 'x'.repeat(1_000_001) },
      allowed,
      'larger than 1 MB',
    ],
    ['on a private network', { status: 200, body: feed() }, {}, 'https only'],
  ])(
    'says why it is not read when the feed is %s',
    async (_, wrong, settings, message) => {
      answer = wrong;
      const { settle } = await start(settings);
      const now = await settle(s =>
        Boolean(s.schedule.calendars?.[0].problem?.includes(message)),
      );
      expect(now.schedule.calendars?.[0].problem).toContain(message);
      expect(now.schedule.calendars?.[0].ageSeconds).toBeUndefined();
      // The layers below stand: nothing is known that would hide them.
      expect(people(now)).toEqual(['user:default/aiko']);
      expect(asked > 0).toBe(settings === allowed);
    },
  );
});
