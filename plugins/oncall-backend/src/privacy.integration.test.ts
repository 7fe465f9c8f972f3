import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import request from 'supertest';

import {
  entities,
  entity,
  schedule,
  startOnCall,
} from './__testUtils__/startOnCall';
import { openapi } from './router/openapi';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const HIDE = { privacy: { hideNamesFromNonMembers: true } };
/** Everything that would give somebody on call away. */
const NAMES = /\b(ines|tomas|aiko|ghost)\b|Inês|Tomás|Aiko|slack:/;
const DAY = 86_400_000;
const soon = new Date(Date.now() + 30 * DAY).toISOString();
const later = new Date(Date.now() + 31 * DAY).toISOString();

/** What parameters are given, by name; those that are not here are left out. */
const PARAMETERS: Record<string, string> = {
  schedule: 'pay',
  entityRef: 'component:default/ledger',
};
/** Bodies of requests, by operation; an empty one for others. Those who are no members are refused, and the refusal names nobody. */
const BODIES: Record<string, object> = {
  createOverride: {
    schedule: 'pay',
    type: 'add',
    person: 'stranger',
    from: soon,
    to: later,
  },
  previewChange: change(),
  makeChange: change(),
};

function change() {
  return {
    kind: 'override',
    overrides: [
      {
        scheduleRef: 'pay',
        type: 'replace',
        person: 'stranger',
        with: 'other',
        from: soon,
        to: later,
      },
    ],
  };
}

type Operation = {
  operationId: string;
  parameters?: { in: string; name: string }[];
};

/** Every operation of the document, with each way to ask it: without parameters, and with all of those known here. */
const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Operation>).map(
    ([method, operation]) => ({ path, method, ...operation }),
  ),
);

describe('hidden names', () => {
  let knex: Knex;
  let portal: Awaited<ReturnType<typeof startOnCall>>;
  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    portal = await startOnCall({
      knex,
      config: HIDE,
      groups: { 'user:default/outsider': ['group:default/elsewhere'] },
    });
    const made = await portal.send('post', '/changes', 'ines', {
      kind: 'override',
      reason: 'Aiko asked for it',
      accepted: ['double-booking', 'long-stretch'],
      overrides: [
        {
          scheduleRef: 'pay',
          type: 'add',
          person: 'user:default/aiko',
          from: new Date(Date.now() - 1000).toISOString(),
          to: later,
          level: 1,
        },
      ],
    });
    if (made.status !== 201) {
      throw new Error(made.text);
    }
    for (const text of ['Ask Aiko', 'Aiko']) {
      const { body } = await portal.send('post', '/handover', 'ines', {
        scheduleRef: 'pay',
        text,
      });
      await portal.send('post', `/handover/${body.id}/read`, 'aiko');
    }
    const paged = await portal.send('post', '/pages', 'ines', {
      scheduleRef: 'pay',
      title: 'Call Aiko',
      urgency: 'low',
      idempotencyKey: 'hidden-names-1',
    });
    if (paged.status >= 300) {
      throw new Error(paged.text);
    }
  });

  /** All ways to ask an operation. */
  const urlsOf = ({ path, parameters = [] }: (typeof operations)[number]) => {
    const filled = path.replace(
      /\{\w+\}/,
      '00000000-0000-4000-8000-000000000000',
    );
    const known = parameters.filter(
      p => p.in === 'query' && PARAMETERS[p.name],
    );
    const query = new URLSearchParams(
      known.map(p => [p.name, PARAMETERS[p.name]]),
    );
    const urls = known.length > 0 ? [filled, `${filled}?${query}`] : [filled];
    return parameters.some(p => p.name === 'format')
      ? [...urls, `${filled}?format=csv`]
      : urls;
  };
  const ask = (
    { method, operationId }: (typeof operations)[number],
    url: string,
    headers: Record<string, string>,
  ) => {
    const sent = request(portal.server)[method as 'get'](`/api/oncall${url}`);
    return sent
      .set(headers)
      .send(method === 'get' ? undefined : BODIES[operationId] ?? {});
  };

  it.each(operations)(
    '$method $path shows none to a stranger',
    async operation => {
      for (const url of urlsOf(operation)) {
        for (const headers of [
          portal.as('stranger'),
          { authorization: mockCredentials.none.header() },
        ]) {
          const {
            status,
            text,
            headers: answered,
          } = await ask(operation, url, headers);
          expect(status).not.toBe(500);
          expect(text).not.toMatch(NAMES);
          expect(JSON.stringify(answered)).not.toMatch(NAMES);
        }
      }
    },
  );

  it.each([
    '/now',
    '/now?entityRef=component:ledger',
    '/shifts?schedule=pay',
    '/overrides?schedule=pay',
    '/changes',
    '/timeline',
    '/handover?schedule=pay',
    '/pages',
  ])(
    '%s shows them to members, people in it, administrators and services',
    async path => {
      for (const headers of [
        portal.as('ines'),
        portal.as('tomas'),
        portal.as('admin'),
        { authorization: mockCredentials.service.header() },
      ]) {
        const { status, text } = await request(portal.server)
          .get(`/api/oncall${path}`)
          .set(headers);
        expect(status).toBe(200);
        expect(text).toMatch(/aiko/);
      }
    },
  );

  it('tells people on one schedule apart, in answers that fit together', async () => {
    const { body } = await portal.get('/timeline?schedule=pay', 'stranger');
    const [{ levels }] = body.schedules;
    const refs = levels[0].shifts.map((s: { person: string }) => s.person);
    expect(new Set(refs).size).toBeGreaterThan(1);
    for (const ref of refs) {
      expect(ref).toMatch(/^user:hidden\/[0-9a-f]{20}$/);
      expect(body.people[ref]).toEqual({
        ref,
        displayName: 'Somebody on The pay schedule',
        known: true,
        hidden: true,
        links: [],
      });
    }
    const now = (
      await portal.get('/now?entityRef=component:ledger', 'stranger')
    ).body;
    expect(refs).toContain(now.levels[0].people[0].ref);
    // A back end started later gives the same refs.
    const second = await startOnCall({ knex, config: HIDE });
    expect(
      (await second.get('/now?entityRef=component:ledger', 'stranger')).body
        .levels[0].people[0].ref,
    ).toBe(now.levels[0].people[0].ref);
  });

  it('hides them in calendars and from agents of strangers', async () => {
    const calendarOf = async (user: string) => {
      const { body } = await portal.send('post', '/calendars', user, {
        schedule: 'pay',
      });
      return (await request(portal.server).get(new URL(body.url).pathname))
        .text;
    };
    expect(await calendarOf('stranger')).toContain(
      'Somebody on The pay schedule',
    );
    expect(await calendarOf('stranger')).not.toMatch(NAMES);
    // The UID of an event is no way round: nothing in it can be tried against the users there are.
    const uids = async (user: string) =>
      (await calendarOf(user)).match(/^UID:.*$/gm) ?? [];
    const hidden = await uids('stranger');
    expect(hidden).not.toHaveLength(0);
    const known = new Set(await uids('tomas'));
    expect(hidden.filter(uid => known.has(uid))).toEqual([]);
    expect(await uids('stranger')).toEqual(hidden);
    expect(await calendarOf('tomas')).toMatch(/Aiko/);
    for (const input of [{}, { entityRef: 'component:ledger' }]) {
      const { body, text } = await portal.send(
        'post',
        '/.backstage/actions/v1/actions/oncall:who-is-on-call/invoke',
        'stranger',
        input,
      );
      expect(body.output.schedules).not.toHaveLength(0);
      expect(text).not.toMatch(NAMES);
    }
  });

  it('does not tell where else a colleague is on call', async () => {
    const person = 'user:default/ghost';
    const apart = await startOnCall({
      knex: await databases.init('POSTGRES_18'),
      config: HIDE,
      entities: [
        ...entities,
        entity('User', 'ghost', { profile: { displayName: 'Ghost' } }),
        schedule('secret', {
          owner: 'group:default/elsewhere',
          levels: [{ layers: [{ people: ['aiko'] }] }],
        }),
      ],
    });
    const give = {
      kind: 'give-shift',
      overrides: [
        {
          scheduleRef: 'pay',
          type: 'replace',
          person,
          with: 'aiko',
          level: 2,
          from: soon,
          to: later,
        },
      ],
    };
    const told = async (user: string) =>
      (
        await apart.send('post', '/changes/preview', user, give)
      ).body.conflicts.map((c: { message: string }) => c.message);
    expect(await told('ines')).toEqual(['Aiko is also on call elsewhere']);
    expect(await told('admin')).toEqual([
      'Aiko is also on call on The secret schedule, level 1',
    ]);
  });

  it('does not tell them of a schedule that one puts into one’s own', async () => {
    const yaml = JSON.stringify({
      apiVersion: 'pavedroad.dev/v1alpha1',
      kind: 'OnCallSchedule',
      metadata: { name: 'empty' },
      spec: {
        owner: 'group:default/elsewhere',
        timeZone: 'Etc/UTC',
        levels: [{ layers: [{ schedule: 'pay' }] }],
      },
    });
    const checked = async (user: string) =>
      await portal.send('post', '/schedules/check', user, { yaml });
    const { body, text } = await checked('outsider');
    expect(body.preview.shifts).not.toHaveLength(0);
    expect(body.scheduleRef).toBe('oncallschedule:default/empty');
    expect(text).not.toMatch(NAMES);
    expect((await checked('admin')).text).toMatch(/aiko/);
  });

  it('shows them to all when it is not asked to hide them', async () => {
    const { get } = await startOnCall({ knex });
    expect((await get('/now', 'stranger')).text).toMatch(/Inês|Tomás/);
  });
});
