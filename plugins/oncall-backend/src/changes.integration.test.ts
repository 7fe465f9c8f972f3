import { TestDatabases } from '@backstage/backend-test-utils';
import type {
  ChangePreview,
  ChangeRequest,
  ChangesAnswer,
  StoredChange,
} from '@pavedroad/plugin-oncall-common';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';

import { entities, schedule, startOnCall } from './__testUtils__/startOnCall';
import { lockSchedules } from './store/scheduleLocks';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (time: number) => new Date(time).toISOString();
const PAY = 'oncallschedule:default/pay';
const DUO = 'oncallschedule:default/duo';
/** A Wednesday to come, when Inês or Tomás has all of the day on pay. */
const START = Date.parse('2027-06-09T00:00:00Z');

const world = [
  ...entities,
  schedule('duo', {
    owner: 'group:default/pay',
    levels: [{ layers: [{ people: ['aiko'] }] }],
  }),
];

const replace = (
  person: string,
  stand: string,
  from = START,
  to = START + DAY,
  scheduleRef = PAY,
) => ({
  scheduleRef,
  type: 'replace' as const,
  person: `user:default/${person}`,
  with: `user:default/${stand}`,
  from: iso(from),
  to: iso(to),
  level: 1,
});

describe('changes', () => {
  let knex: Knex;
  let portal: Awaited<ReturnType<typeof startOnCall>>;
  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    portal = await startOnCall({ knex, entities: world });
  });

  const make = async (
    change: Partial<ChangeRequest> & Pick<ChangeRequest, 'overrides'>,
    user = 'ines',
  ) => portal.send('post', '/changes', user, { kind: 'override', ...change });
  const whoAt = async (at: number, ref = PAY): Promise<string[]> =>
    (
      await portal.get(`/now?entityRef=${ref}&at=${iso(at)}`)
    ).body.levels[0].people.map((p: { ref: string }) => p.ref.split('/')[1]);
  const [onCall, other] = ['tomas', 'ines'];

  it('shows what a change would do, and keeps nothing', async () => {
    const { send, get } = portal;
    expect(await whoAt(START)).toEqual([onCall]);
    const { status, body } = await send('post', '/changes/preview', 'ines', {
      kind: 'give-shift',
      overrides: [replace(onCall, 'aiko')],
    });
    expect(status).toBe(200);
    const preview: ChangePreview = body;
    expect(preview.conflicts).toEqual([
      expect.objectContaining({
        code: 'double-booking',
        severity: 'warning',
        message: 'Aiko is also on call on The duo schedule, level 1',
        people: [expect.objectContaining({ displayName: 'Aiko' })],
      }),
    ]);
    const [{ before, after }] = preview.schedules;
    expect(before.map(s => s.person.ref)).toContain(`user:default/${onCall}`);
    expect(after.find(s => s.level === 1)).toMatchObject({
      person: { ref: 'user:default/aiko' },
      replaces: `user:default/${onCall}`,
    });
    expect(preview.notified.map(p => p.displayName)).toEqual(['Aiko', 'Tomás']);
    expect(await whoAt(START)).toEqual([onCall]);
    expect((await get('/changes')).body.changes).toEqual([]);
    expect(portal.notified).toEqual([]);
  });

  it('makes all of a change at once, tells those affected, and takes it back', async () => {
    const { get, send, audited, notified } = portal;
    const overrides = [
      replace(onCall, other),
      replace(other, onCall, START + 7 * DAY, START + 8 * DAY),
    ];
    const made = await make({ kind: 'swap', overrides, reason: 'Wedding' });
    expect(made.status).toBe(201);
    const change: StoredChange = made.body;
    expect(change).toMatchObject({
      kind: 'swap',
      reason: 'Wedding',
      createdBy: { displayName: 'Inês' },
      canUndo: true,
      overrides: [
        { type: 'replace', person: `user:default/${onCall}` },
        { type: 'replace', person: `user:default/${other}` },
      ],
    });
    expect(await whoAt(START)).toEqual([other]);
    expect(await whoAt(START + 7 * DAY)).toEqual([onCall]);
    // The author is not told.
    expect(notified).toEqual([
      {
        recipients: { type: 'entity', entityRef: `user:default/${onCall}` },
        payload: expect.objectContaining({
          title: 'Your time on call changed: The pay schedule',
          description: [
            'You are on call on The pay schedule (level 1) from 2027-06-16 01:00 to 2027-06-17 01:00 (Europe/Lisbon).',
            'You are no longer on call on The pay schedule (level 1) from 2027-06-09 01:00 to 2027-06-10 01:00 (Europe/Lisbon).',
            'Inês made this change: Wedding',
          ].join('\n'),
        }),
      },
    ]);

    const listed: ChangesAnswer = (await get('/changes?schedule=pay')).body;
    expect(listed.changes).toEqual([change]);
    expect((await get('/changes?schedule=duo')).body.changes).toEqual([]);
    expect((await get('/changes', 'tomas')).body.changes[0].canUndo).toBe(
      false,
    );

    expect(
      (await send('delete', `/changes/${change.id}`, 'tomas')).status,
    ).toBe(403);
    const undone = await send('delete', `/changes/${change.id}`, 'admin');
    expect(undone.status).toBe(200);
    expect(undone.body).toMatchObject({
      undoneBy: { ref: 'user:default/admin' },
      canUndo: false,
    });
    expect(await whoAt(START)).toEqual([onCall]);
    expect(await whoAt(START + 7 * DAY)).toEqual([other]);
    expect(notified.slice(1).map(n => n.recipients)).toEqual([
      { type: 'entity', entityRef: 'user:default/ines' },
      { type: 'entity', entityRef: 'user:default/tomas' },
    ]);
    expect(
      (await send('delete', `/changes/${change.id}`, 'admin')).status,
    ).toBe(409);
    expect(audited).toEqual([
      'change-make succeeded',
      'change-undo failed',
      'change-undo succeeded',
      'change-undo failed',
    ]);
  });

  it('tells nobody of an undoing that moves nobody, and those whom one override moves', async () => {
    const first = await make({ overrides: [replace(onCall, other)] });
    const second = await make({
      overrides: [replace(onCall, 'aiko')],
      accepted: ['beats-override', 'double-booking'],
    });
    expect([first.status, second.status]).toEqual([201, 201]);
    portal.notified.length = 0;
    // The later one decides, so that taking the earlier one back is nothing to anybody.
    await portal.send('delete', `/changes/${first.body.id}`, 'admin');
    expect(await whoAt(START)).toEqual(['aiko']);
    expect(portal.notified).toEqual([]);
    const [{ id }] = second.body.overrides;
    expect(
      (await portal.send('delete', `/overrides/${id}`, 'ines')).status,
    ).toBe(204);
    expect(await whoAt(START)).toEqual([onCall]);
    expect(portal.notified.map(n => n.recipients)).toEqual([
      { type: 'entity', entityRef: 'user:default/aiko' },
      { type: 'entity', entityRef: `user:default/${onCall}` },
    ]);
  });

  it('is undone by who may change its schedules now, also when one of them is gone', async () => {
    const { body } = await make({
      kind: 'holiday-cover',
      overrides: [
        replace(onCall, other),
        replace('aiko', onCall, START, START + DAY, DUO),
      ],
    });
    const left = await startOnCall({
      knex,
      // Another group owns what is left.
      entities: entities.map(e =>
        e.kind === 'OnCallSchedule' && e.metadata.name === 'pay'
          ? { ...e, spec: { ...e.spec, owner: 'group:default/shop' } }
          : e,
      ),
    });
    const url = `/changes/${body.id}`;
    expect((await left.send('delete', url, 'tomas')).status).toBe(403);
    expect((await left.send('delete', url, 'admin')).status).toBe(200);
  });

  it('is not undone by who made it and has left the group', async () => {
    const { body } = await make(
      { overrides: [replace(onCall, other)] },
      'admin',
    );
    await knex('changes').update({ author: 'user:default/tomas' });
    expect(
      (await portal.send('delete', `/changes/${body.id}`, 'tomas')).status,
    ).toBe(403);
    expect(
      (await portal.get('/changes', 'tomas')).body.changes[0].canUndo,
    ).toBe(false);
  });

  it('asks for warnings to be accepted, and never does what is refused', async () => {
    const overrides = [replace(onCall, 'aiko')];
    const refused = await make({ kind: 'give-shift', overrides });
    expect(refused.status).toBe(409);
    expect(refused.body.error).toMatchObject({
      name: 'ConflictError',
      message: 'Aiko is also on call on The duo schedule, level 1',
      conflicts: [{ code: 'double-booking', severity: 'warning' }],
    });
    expect(await whoAt(START)).toEqual([onCall]);
    const idle = await make({
      kind: 'take-shift',
      overrides: [replace(other, 'aiko')],
      accepted: ['no-effect', 'double-booking'],
    });
    expect(idle.status).toBe(409);
    expect(idle.body.error.conflicts).toMatchObject([
      { code: 'no-effect', severity: 'refused' },
    ]);
    expect(
      (
        await make({
          kind: 'give-shift',
          overrides,
          accepted: ['double-booking'],
        })
      ).status,
    ).toBe(201);
    expect(await whoAt(START)).toEqual(['aiko']);
  });

  it('is all or nothing over several schedules', async () => {
    const mixed = [
      replace(onCall, other),
      replace(
        'aiko',
        'tomas',
        START,
        START + DAY,
        'oncallschedule:default/empty',
      ),
    ];
    expect((await make({ overrides: mixed })).status).toBe(403);
    expect(await whoAt(START)).toEqual([onCall]);
    const both = await make({
      kind: 'holiday-cover',
      overrides: [
        replace(onCall, other),
        replace('aiko', onCall, START, START + DAY, DUO),
      ],
    });
    expect(both.status).toBe(201);
    expect(await whoAt(START)).toEqual([other]);
    expect(await whoAt(START, DUO)).toEqual([onCall]);
    await portal.send('delete', `/changes/${both.body.id}`, 'ines');
    expect(await whoAt(START)).toEqual([onCall]);
    expect(await whoAt(START, DUO)).toEqual(['aiko']);
  });

  it('decides changes made at once one after the other, on two back ends', async () => {
    const second = await startOnCall({ knex, entities: world });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        (i % 2 ? second : portal).send('post', '/changes', 'ines', {
          kind: 'take-shift',
          overrides: [replace(onCall, other, START, START + DAY)],
        }),
      ),
    );
    const made = answers.filter(a => a.status === 201);
    const conflicts = answers.filter(a => a.status === 409);
    expect([made.length, conflicts.length]).toEqual([1, 11]);
    for (const { body } of conflicts) {
      expect(
        body.error.conflicts.map((c: { code: string }) => c.code),
      ).toContain('beats-override');
    }
    expect(await knex('changes')).toHaveLength(1);
  });

  it('shows a change in the answer about everybody at once, on every back end', async () => {
    // They read the catalog once, so that only what they tell each other counts.
    const config = { catalogRefresh: '1h' };
    const first = await startOnCall({ knex, entities: world, config });
    const second = await startOnCall({ knex, entities: world, config });
    const seen = async ({ get }: typeof first) => {
      const { body } = await get(`/now?services=true&at=${iso(START)}`);
      const { levels } = body.schedules.find(
        (s: { schedule: { ref: string } }) => s.schedule.ref === PAY,
      );
      return levels[0].people.map((p: { ref: string }) => p.ref.split('/')[1]);
    };
    expect(await seen(first)).toEqual([onCall]);
    expect(await seen(second)).toEqual([onCall]);
    const made = await first.send('post', '/changes', 'ines', {
      kind: 'give-shift',
      overrides: [replace(onCall, other)],
    });
    expect(await seen(second)).toEqual([other]);
    expect(await seen(first)).toEqual([other]);
    await second.send('delete', `/changes/${made.body.id}`, 'ines');
    expect(await seen(first)).toEqual([onCall]);
    expect(await seen(second)).toEqual([onCall]);
  });

  it('leaves the past of a change as it was when it is undone', async () => {
    const now = Date.now();
    const [before] = await whoAt(now);
    const stand = before === 'ines' ? 'tomas' : 'ines';
    const made = await make({
      overrides: [replace(before, stand, now - 60_000, now + DAY)],
      // Who stands in may have the shifts around it.
      accepted: ['long-stretch'],
    });
    expect(made.status).toBe(201);
    const during = Date.now();
    expect(await whoAt(during)).toEqual([stand]);
    const undo = () =>
      portal.send('delete', `/changes/${made.body.id}`, 'ines');
    expect((await undo()).status).toBe(200);
    expect(await whoAt(Date.now() + 2000)).toEqual([before]);
    // What it said while it was in force stays: the past is asked for once it is past.
    await new Promise(resolve => setTimeout(resolve, 1100));
    expect(await whoAt(during)).toEqual([stand]);

    const passed = await make({
      overrides: [replace(before, stand, now - 60_000, now + DAY)],
      accepted: ['long-stretch'],
    });
    await knex('override_versions').update({
      starts_at: new Date(now - 2 * DAY),
      ends_at: new Date(now - DAY),
    });
    const tooLate = await portal.send(
      'delete',
      `/changes/${passed.body.id}`,
      'ines',
    );
    expect(tooLate.status).toBe(409);
    expect(tooLate.body.error.message).toContain('has passed');
    const [first] = (await portal.get('/changes')).body.changes;
    expect(first.canUndo).toBe(false);
  });

  it('pages through changes, newest first, with single overrides among them', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { body } = await portal.send('post', '/overrides', 'ines', {
        schedule: 'pay',
        type: 'add',
        person: 'user:default/aiko',
        from: iso(START + i * DAY),
        to: iso(START + i * DAY + HOUR),
        level: 1,
      });
      ids.unshift(body.changeId);
    }
    const first: ChangesAnswer = (await portal.get('/changes?limit=2')).body;
    const rest: ChangesAnswer = (
      await portal.get(`/changes?limit=2&cursor=${first.nextCursor}`)
    ).body;
    expect([...first.changes, ...rest.changes].map(c => c.id)).toEqual(ids);
    expect(rest.nextCursor).toBeUndefined();
    const strange = await portal.get(`/changes?cursor=${randomUUID()}`);
    expect(strange.status).toBe(400);
    // Taking the one override of a change back undoes the change.
    const [{ overrides }] = first.changes;
    await portal.send('delete', `/overrides/${overrides[0].id}`, 'ines');
    expect((await portal.get('/changes')).body.changes[0]).toMatchObject({
      undoneBy: { ref: 'user:default/ines' },
      canUndo: false,
    });
  });

  it.each([
    [{}, 400, 'kind must be'],
    [{ kind: 'swap', overrides: [] }, 400, '1 to 200'],
    [
      {
        kind: 'swap',
        overrides: [{ ...replace('ines', 'aiko'), to: iso(START) }],
      },
      400,
      'overrides[0]: to must come after from',
    ],
    [
      {
        kind: 'swap',
        overrides: [
          replace('ines', 'aiko'),
          replace('ines', 'tomas', START + HOUR, START + 2 * HOUR),
        ],
      },
      400,
      'same person, schedule and time',
    ],
    [
      { kind: 'swap', overrides: [replace('ines', 'nobody')] },
      400,
      'no user:default/nobody',
    ],
    [
      { kind: 'swap', overrides: [replace('nobody', 'aiko')] },
      400,
      'no user:default/nobody',
    ],
    [
      {
        kind: 'swap',
        overrides: [replace('ines', 'aiko', START, START + 400 * DAY)],
      },
      400,
      'at most 366 days',
    ],
    [
      {
        kind: 'swap',
        overrides: [
          {
            ...replace('ines', 'aiko'),
            from: '2126-01-01T00:00:00Z',
            to: '2126-01-02T00:00:00Z',
          },
        ],
      },
      400,
      'between 1970 and 2100',
    ],
    [
      {
        kind: 'swap',
        overrides: [
          {
            ...replace('ines', 'aiko'),
            from: '2090-01-01T00:00:00Z',
            to: '2090-01-02T00:00:00Z',
          },
        ],
      },
      400,
      'five years ahead',
    ],
    [
      { kind: 'swap', overrides: [{ ...replace('ines', 'aiko'), level: 3 }] },
      400,
      'levels, 1 to 2',
    ],
    [
      { kind: 'swap', overrides: [replace('ines', 'aiko')], accepted: ['all'] },
      400,
      'accepted must hold codes',
    ],
    [
      {
        kind: 'swap',
        overrides: [replace('ines', 'aiko', START, START + DAY, 'gone')],
      },
      404,
      'no schedule',
    ],
  ])('refuses %j with %i', async (body, status, message) => {
    for (const path of ['/changes', '/changes/preview']) {
      const answer = await portal.send('post', path, 'ines', body);
      expect(answer.status).toBe(status);
      expect(answer.body.error.message).toContain(message);
    }
    expect(await knex('changes')).toEqual([]);
  });

  it('lets somebody who left be replaced, as long as the schedule names them', async () => {
    const ghost = { ...replace('ghost', 'tomas'), level: 2 };
    expect(
      (await make({ overrides: [ghost], accepted: ['double-booking'] })).status,
    ).toBe(201);
  });

  describe('asked for twice', () => {
    const key = 'a3f7c6de-0001';
    const taken = {
      kind: 'give-shift' as const,
      overrides: [replace(onCall, other)],
    };

    it('makes one change, whichever way the key is given', async () => {
      const first = await make({ ...taken, idempotencyKey: key });
      const { notified } = portal;
      const told = notified.length;
      const again = await make({ ...taken, idempotencyKey: key });
      const inHeader = await portal
        .send('post', '/changes', 'ines', taken)
        .set('Idempotency-Key', key);
      expect([first, again, inHeader].map(a => a.status)).toEqual([
        201, 200, 200,
      ]);
      expect(again.body).toEqual(first.body);
      expect(inHeader.body).toEqual(first.body);
      expect(notified).toHaveLength(told);
      const { changes, people, schedules }: ChangesAnswer = (
        await portal.get('/changes')
      ).body;
      expect(changes).toHaveLength(1);
      expect(Object.keys(people).sort()).toEqual([
        'user:default/ines',
        'user:default/tomas',
      ]);
      expect(people['user:default/tomas'].displayName).toBe('Tomás');
      expect(schedules[PAY].title).toBe('The pay schedule');
      // The key of somebody else is another key.
      const else_ = await make(
        { ...taken, accepted: ['beats-override', 'no-effect'] },
        'admin',
      );
      expect(else_.body.id).not.toBe(first.body.id);
    });

    it('makes one change of several requests at the same time', async () => {
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => make({ ...taken, idempotencyKey: key })),
      );
      expect(answers.map(a => a.status).sort()).toEqual([200, 200, 200, 201]);
      expect(new Set(answers.map(a => a.body.id)).size).toBe(1);
      expect((await portal.get('/changes')).body.changes).toHaveLength(1);
    });

    it('refuses a key that was used for something else, and one that is none', async () => {
      await make({ ...taken, idempotencyKey: key });
      const another = await make({
        ...taken,
        reason: 'Other',
        idempotencyKey: key,
      });
      expect(another.status).toBe(409);
      expect(another.body.error.message).toMatch(/used for another request/);
      expect((await make({ ...taken, idempotencyKey: 'short' })).status).toBe(
        400,
      );
      const both = await portal
        .send('post', '/changes', 'ines', { ...taken, idempotencyKey: key })
        .set('Idempotency-Key', 'another-key');
      expect(both.status).toBe(400);
      // What was refused leaves no trace of its key.
      const refused = await make({
        overrides: [replace(other, onCall, START + DAY, START + 2 * DAY)],
        idempotencyKey: 'a3f7c6de-0002',
      });
      expect(refused.status).toBe(409);
      const agreed = await make({
        overrides: [replace(other, onCall, START + DAY, START + 2 * DAY)],
        accepted: ['no-effect'],
        idempotencyKey: 'a3f7c6de-0002',
      });
      expect(agreed.status).toBe(201);
    });

    it('takes a change or an override back once', async () => {
      const change: StoredChange = (await make(taken)).body;
      const undo = () =>
        portal
          .send('delete', `/changes/${change.id}`, 'ines')
          .set('Idempotency-Key', key);
      const [first, again] = [await undo(), await undo()];
      expect([first.status, again.status]).toEqual([200, 200]);
      expect(again.body).toEqual(first.body);
      expect(first.body.undoneAt).toBeDefined();
      // Without the key it is known to be undone.
      expect(
        (await portal.send('delete', `/changes/${change.id}`, 'ines')).status,
      ).toBe(409);

      const override = {
        schedule: 'pay',
        type: 'add',
        person: 'aiko',
        from: iso(START),
        to: iso(START + DAY),
        idempotencyKey: 'a3f7c6de-0003',
      };
      const post = () => portal.send('post', '/overrides', 'ines', override);
      const [made, same] = [await post(), await post()];
      expect([made.status, same.status]).toEqual([201, 200]);
      expect(same.body).toEqual(made.body);
      const takeBack = () =>
        portal
          .send('delete', `/overrides/${made.body.id}`, 'ines')
          .set('Idempotency-Key', 'a3f7c6de-0004');
      const answers = await Promise.all([takeBack(), takeBack()]);
      expect(answers.map(a => a.status)).toEqual([204, 204]);
      expect((await takeBack()).status).toBe(204);
    });

    describe('on two back ends at the same moment', () => {
      const made = async (hour: number): Promise<StoredChange> =>
        (
          await make({
            overrides: [
              replace(
                onCall,
                other,
                START + hour * HOUR,
                START + (hour + 1) * HOUR,
              ),
            ],
          })
        ).body;
      const undo = ({ id }: StoredChange) =>
        ['delete', `/changes/${id}`, {}] as const;
      const takeBack = ({ overrides: [{ id }] }: StoredChange) =>
        ['delete', `/overrides/${id}`, {}] as const;
      const again = () => ['post', '/changes', taken] as const;

      it.each([
        ['the same undoing', undo, undo, 'a', [200, 200]],
        ['the same taking back', takeBack, takeBack, 'a', [204, 204]],
        ['two undoings', undo, undo, 'b', [200, 409]],
        ['two takings back', takeBack, takeBack, 'b', [204, 409]],
        [
          'an undoing and a taking back',
          undo,
          takeBack,
          'b',
          [[200, 204], 409],
        ],
        ['an undoing and a change', undo, again, 'b', [[200, 201], 409]],
      ])('does %s with one key once', async (_, one, two, second, expected) => {
        const elsewhere = await startOnCall({ knex, entities: world });
        for (let round = 0; round < 5; round++) {
          const a = await made(2 * round);
          const b = second === 'a' ? a : await made(2 * round + 1);
          const answers = await Promise.all(
            [[portal, one(a)] as const, [elsewhere, two(b)] as const].map(
              ([{ send }, [method, path, body]]) =>
                send(method, path, 'ines', body).set(
                  'Idempotency-Key',
                  `round-${round}-${round}`,
                ),
            ),
          );
          const statuses = answers.map(({ status }) => status).sort();
          expected.forEach((wanted, index) =>
            expect([wanted].flat()).toContain(statuses[index]),
          );
        }
      });
    });

    describe('while somebody changes the same schedule', () => {
      /** How many wait for a lock of changes or of requests, on this database. */
      const waiting = async () => {
        const { rows } = await knex.raw(
          `select count(*)::int as count from pg_locks
            where locktype = 'advisory' and not granted
              and database = (select oid from pg_database where datname = current_database())`,
        );
        return rows[0].count;
      };
      const untilWaiting = async (count: number) => {
        while ((await waiting()) < count) {
          await new Promise(resolve => setTimeout(resolve, 20));
        }
      };
      /** Has the schedule to itself until all of some requests wait for it, one after the other. */
      const inTurn = async <T>(requests: (() => PromiseLike<T>)[]) => {
        const answers: Promise<T>[] = [];
        await knex.transaction(async tx => {
          await lockSchedules(tx, [PAY]);
          for (const ask of requests) {
            answers.push(Promise.resolve(ask()));
            await untilWaiting(answers.length);
          }
        });
        return await Promise.all(answers);
      };
      const toldOfUndoing = (...portals: (typeof portal)[]) =>
        portals
          .flatMap(({ notified }) => notified)
          .filter(({ payload }) => payload.scope?.endsWith('.undone'))
          .map(({ recipients }) =>
            'entityRef' in recipients ? recipients.entityRef : undefined,
          );

      it('undoes with what was made before it in force', async () => {
        const elsewhere = await startOnCall({ knex, entities: world });
        const { body: first } = await make(taken);
        const [later, undone] = await inTurn<{ status: number }>([
          () =>
            make({
              overrides: [replace(onCall, 'aiko')],
              accepted: ['beats-override', 'double-booking'],
            }),
          () => elsewhere.send('delete', `/changes/${first.id}`, 'admin'),
        ]);
        expect([later.status, undone.status]).toEqual([201, 200]);
        expect(await whoAt(START)).toEqual(['aiko']);
        // The other change decides by now, so that undoing the first moves nobody.
        expect(toldOfUndoing(portal, elsewhere)).toEqual([]);
      });

      it('makes a change with what was undone before it gone', async () => {
        const elsewhere = await startOnCall({ knex, entities: world });
        const { body: first } = await make(taken);
        const [undone, later] = await inTurn<{ status: number }>([
          () => elsewhere.send('delete', `/changes/${first.id}`, 'admin'),
          // Nothing is accepted: it would be refused with the first in force.
          () => make(taken),
        ]);
        expect([undone.status, later.status]).toEqual([200, 201]);
        expect(await whoAt(START)).toEqual([other]);
        expect(toldOfUndoing(portal, elsewhere).sort()).toEqual([
          `user:default/${other}`,
          `user:default/${onCall}`,
        ]);
      });

      it.each([
        ['undoes', 200, ({ id }: StoredChange) => `/changes/${id}`],
        [
          'takes back',
          204,
          ({ overrides: [{ id }] }: StoredChange) => `/overrides/${id}`,
        ],
      ])('%s once for two with one key', async (_, status, pathOf) => {
        const elsewhere = await startOnCall({ knex, entities: world });
        const { body: first } = await make(taken);
        const ask =
          ({ send }: typeof portal) =>
          () =>
            send('delete', pathOf(first), 'admin').set('Idempotency-Key', key);
        const answers = await inTurn<{ status: number }>([
          ask(portal),
          ask(elsewhere),
        ]);
        expect(answers.map(answer => answer.status)).toEqual([status, status]);
        expect(toldOfUndoing(portal, elsewhere).sort()).toEqual([
          `user:default/${other}`,
          `user:default/${onCall}`,
        ]);
        expect(
          await knex('override_versions').where({ removed: true }),
        ).toHaveLength(1);
      });

      it('is not undone by who lost the schedule while they waited', async () => {
        const { body: first } = await make(taken);
        const undoing = await knex.transaction(async tx => {
          await lockSchedules(tx, [PAY]);
          const asked = portal
            .send('delete', `/changes/${first.id}`, 'ines')
            .then(({ status }) => status);
          await untilWaiting(1);
          const { id, taken_up_at, ...latest } = await tx('schedule_versions')
            .where({ schedule_ref: PAY })
            .orderBy('number', 'desc')
            .first();
          await tx('schedule_versions').insert({
            ...latest,
            spec: JSON.stringify(latest.spec),
            number: latest.number + 1,
            owner_ref: 'group:default/idle',
          });
          return { asked };
        });
        expect(await undoing.asked).toBe(403);
        expect(await whoAt(START)).toEqual([other]);
      });
    });

    it('covers a long holiday in one change', async () => {
      const overrides = Array.from({ length: 200 }, (_, day) => ({
        scheduleRef: PAY,
        type: 'add' as const,
        person: 'user:default/aiko',
        from: iso(START + 2 * day * DAY),
        to: iso(START + (2 * day + 1) * DAY),
        level: 1,
      }));
      const accepted = ['double-booking' as const];
      const made = await make({ overrides, accepted });
      expect(made.status).toBe(201);
      expect(made.body.overrides).toHaveLength(200);
      const many = await make({
        overrides: [...overrides, overrides[0]],
        accepted,
      });
      expect(many.status).toBe(400);
      expect(many.body.error.message).toMatch(/1 to 200/);
    });
  });
});

it('gives overrides made before there were changes one each', async () => {
  const knex = await databases.init('POSTGRES_18');
  const directory = `${__dirname}/../migrations`;
  await knex.migrate.latest({ directory });
  while (
    (await knex.migrate.list({ directory }))[0].some((m: { name: string }) =>
      m.name.endsWith('_changes.js'),
    )
  ) {
    await knex.migrate.down({ directory });
  }
  const row = {
    override_id: '3f1d3c1e-0b7c-4f0e-9a53-000000000001',
    number: 1,
    schedule_ref: PAY,
    removed: false,
    type: 'add',
    person: 'user:default/aiko',
    starts_at: new Date(0),
    ends_at: new Date(DAY),
    reason: 'Then',
    author: 'user:default/ines',
  };
  const kept = { ...row, override_id: '3f1d3c1e-0b7c-4f0e-9a53-000000000002' };
  await knex('override_versions').insert([
    row,
    { ...row, number: 2, removed: true, author: 'user:default/admin' },
    kept,
  ]);
  await knex.migrate.latest({ directory });
  expect(
    await knex('changes')
      .select('id', 'kind', 'reason', 'author', 'undone_by')
      .orderBy('id'),
  ).toEqual([
    {
      id: row.override_id,
      kind: 'override',
      reason: 'Then',
      author: 'user:default/ines',
      undone_by: 'user:default/admin',
    },
    expect.objectContaining({ id: kept.override_id, undone_by: null }),
  ]);
  await knex.migrate.rollback({ directory }, true);
  expect(await knex.schema.hasTable('changes')).toBe(false);
});
