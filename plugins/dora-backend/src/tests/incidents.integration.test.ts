import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { Knex } from 'knex';
import request from 'supertest';
import {
  cloudEvent,
  component,
  deployed,
  incident,
  linearCommits,
  RunningDora,
  sha,
  startDora,
  user,
} from '../__testUtils__/startDora';
import { DatabaseDeliveryStore } from '../database/DatabaseDeliveryStore';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const WINDOW = 'from=2026-05-01T00:00:00Z&to=2026-06-01T00:00:00Z';
const CHECKOUT = 'component:default/checkout';
const LEDGER = 'component:default/ledger';
const at = (day: number, hour = 12) =>
  new Date(Date.UTC(2026, 4, day, hour)).toISOString();

const entities = [
  component('checkout', { 'pavedroad.dev/repository': 'payments/checkout' }),
  component('ledger'),
  user('ines.duarte', 'Inês Duarte'),
  user('marcus.weber', 'Marcus Weber'),
];
// Their own ref is a claim of theirs; the mocked user info knows no groups.
const relatedToPeople = ['ines.duarte', 'marcus.weber'].map(name => ({
  type: 'ownedBy',
  targetRef: `user:default/${name}`,
}));
entities[0].relations!.push(...relatedToPeople);
const ines = mockCredentials.user.header('user:default/ines.duarte');
const marcus = mockCredentials.user.header('user:default/marcus.weber');

/** Three deployments of checkout and incidents of every sort; one of ledger. */
function story(): Record<string, unknown>[] {
  return [
    linearCommits('payments/checkout', [
      { id: sha('a1'), committedAt: at(1, 8) },
      { id: sha('a2'), committedAt: at(2, 8) },
      { id: sha('a3'), committedAt: at(10, 8) },
    ]),
    deployed(CHECKOUT, sha('a1'), at(1)),
    deployed(CHECKOUT, sha('a2'), at(2)),
    deployed(CHECKOUT, sha('a3'), at(10)),
    incident('detected', CHECKOUT, 'near', at(2, 14), {
      title: 'Payments fail, "all" of them',
    }),
    incident('resolved', CHECKOUT, 'near', at(2, 15)),
    incident('detected', CHECKOUT, 'far', at(8)),
    incident('detected', CHECKOUT, 'named', at(11), { revision: sha('a2') }),
    incident('detected', LEDGER, 'other', at(9)),
    cloudEvent(
      'dev.cdevents.incident.detected.0.3.0',
      {
        context: { timestamp: at(12) },
        subject: {
          id: 'rehearsal',
          content: {
            environment: { id: 'staging' },
            service: { id: CHECKOUT },
          },
        },
      },
      { time: at(12) },
    ),
  ];
}

/** What the on-call plugin answers for a service at an instant. */
type AnswerOnCall = (query: { entityRef?: string; at?: string }) => object;

/** An on-call plugin whose answers are given. */
function onCallThat(answers: AnswerOnCall) {
  return createBackendPlugin({
    pluginId: 'oncall',
    register(env) {
      env.registerInit({
        deps: { httpRouter: coreServices.httpRouter },
        async init({ httpRouter }) {
          httpRouter.use((req, res) => {
            res.json(answers(req.query));
          });
        },
      });
    },
  });
}

describe('an incident', () => {
  const HIDDEN = 'user:hidden/0123456789abcdef0123';
  const byTime: Record<string, object> = {
    // Told with its schedule and the way to it; the second name is kept back.
    [at(2, 14)]: {
      coverage: 'full',
      levels: [
        { level: 1, people: [{ ref: 'user:default/ines.duarte' }] },
        {
          level: 2,
          people: [
            { ref: HIDDEN, displayName: 'Somebody on Payments', hidden: true },
          ],
        },
      ],
      schedule: {
        ref: 'oncallschedule:default/payments',
        title: 'Payments',
        version: { number: 1, takenUpAt: at(5), assumed: true },
      },
      trail: [
        {
          step: 'owner',
          entityRef: 'group:default/payments',
          outcome: 'found',
          message: 'has a schedule',
          scheduleRef: 'oncallschedule:default/payments',
        },
      ],
    },
    [at(2, 15)]: {
      coverage: 'none',
      reason: {
        code: 'no-schedule',
        message: 'No schedule answers for it.',
        fix: 'Make one.',
      },
      levels: [],
      trail: [],
    },
  };
  let dora: RunningDora;
  afterEach(() => dora.stop());

  const start = async (answers: AnswerOnCall) => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities,
      features: [onCallThat(answers)],
    });
    await dora.send(story());
    await dora.settled();
  };
  const detail = (serviceRef: string, id: string) =>
    dora.get(`/incidents/detail?${new URLSearchParams({ serviceRef, id })}`);

  it('shows who was on call when it was opened and resolved, why, and every attribution', async () => {
    await start(({ at: moment }) => byTime[moment!]);
    const { status, body } = await detail(CHECKOUT, '/test near');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: '/test near',
      localId: 'near',
      durationSeconds: 3600,
      attribution: { method: 'time_proximity' },
      attributions: [
        {
          method: 'time_proximity',
          state: 'live',
          blames: 'another',
          deploymentId: body.attribution.deploymentId,
        },
      ],
      definition: { version: 1 },
    });
    expect(body.onCall).toEqual({
      opened: {
        at: at(2, 14),
        coverage: 'full',
        levels: [
          {
            level: 1,
            userRefs: ['user:default/ines.duarte'],
            people: [
              { ref: 'user:default/ines.duarte', displayName: 'Inês Duarte' },
            ],
          },
          {
            level: 2,
            userRefs: [HIDDEN],
            people: [
              {
                ref: HIDDEN,
                displayName: 'Somebody on Payments',
                hidden: true,
              },
            ],
          },
        ],
        schedule: {
          ref: 'oncallschedule:default/payments',
          title: 'Payments',
          assumed: true,
        },
        trail: [
          {
            entityRef: 'group:default/payments',
            outcome: 'found',
            message: 'has a schedule',
          },
        ],
      },
      resolved: {
        at: at(2, 15),
        coverage: 'none',
        reason: 'No schedule answers for it.',
        levels: [],
        trail: [],
      },
    });
  });

  it('says so when on-call does not answer, and has no end while it is open', async () => {
    await start(() => ({ unexpected: true }));
    const { body } = await detail(CHECKOUT, '/test far');
    expect(body.onCall).toEqual({
      opened: {
        at: at(8),
        coverage: 'unknown',
        reason: 'The on-call schedules could not be asked.',
        levels: [],
        trail: [],
      },
    });
  });

  it.each([
    ['an incident of another service', LEDGER, '/test near', 404],
    ['a service that is not there', 'component:default/none', '/test x', 404],
    ['a service without its namespace', 'checkout', '/test near', 400],
    ['no id', CHECKOUT, '', 400],
  ])('is refused for %s', async (_, serviceRef, id, status) => {
    await start(() => ({}));
    expect((await detail(serviceRef, id)).status).toBe(status);
  });
});

describe('incidents and corrections', () => {
  let dora: RunningDora;
  let knex: Knex;
  let deployments: { id: string; finishedAt: string; revision: string }[];

  const begin = async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({ knex, entities });
    await dora.send(story());
    await dora.settled();
    const { body } = await dora.get(
      `/deployments?entityRef=${CHECKOUT}&${WINDOW}`,
    );
    deployments = [...body.items].reverse();
  };
  const end = async () => {
    await dora?.stop();
  };

  const failures = (
    method: 'post' | 'delete',
    id: string,
    query = '',
    asker = ines,
  ) =>
    request(dora.server)
      [method](`/api/dora/deployments/${id}/failures${query}`)
      .set('authorization', asker);
  const incidents = async (query: string) =>
    (await dora.get(`/incidents?${WINDOW}&${query}`)).body;

  describe('that nothing changes', () => {
    beforeAll(begin);
    afterAll(end);

    it.each([
      [WINDOW, ['named', 'other of ledger', 'far', 'near']],
      [`${WINDOW}&entityRef=${CHECKOUT}`, ['named', 'far', 'near']],
      [`${WINDOW}&entityRef=${CHECKOUT}&status=open`, ['named', 'far']],
      [`${WINDOW}&entityRef=${CHECKOUT}&status=resolved`, ['near']],
      [`${WINDOW}&entityRef=${CHECKOUT}&attributed=true`, ['named', 'near']],
      [`${WINDOW}&entityRef=${CHECKOUT}&attributed=false`, ['far']],
      [`${WINDOW}&entityRef=${CHECKOUT}&environment=staging`, ['rehearsal']],
      [
        'from=2026-05-08T12:00:00Z&to=2026-06-01',
        ['named', 'other of ledger', 'far'],
      ],
      ['from=2026-05-01&to=2026-05-08T12:00:00Z', ['near']],
    ])('are listed by %s', async (query, expected) => {
      const { body } = await dora.get(`/incidents?${query}`);
      expect(
        body.items.map((item: { localId: string; serviceRef: string }) =>
          item.serviceRef === LEDGER
            ? `${item.localId} of ledger`
            : item.localId,
        ),
      ).toEqual(expected);
      expect(body.totalItems).toBe(expected.length);
    });

    it('say what each is put down to, and how', async () => {
      const { items } = await incidents(`entityRef=${CHECKOUT}`);
      expect(items).toMatchObject([
        {
          id: '/test named',
          localId: 'named',
          status: 'open',
          attribution: {
            method: 'revision',
            confidence: 0.85,
            deploymentId: deployments[1].id,
            deploymentFinishedAt: at(2),
            noneToBlame: false,
            author: { kind: 'event' },
          },
        },
        { id: '/test far', status: 'open', sampleData: false, reopened: false },
        {
          id: '/test near',
          localId: 'near',
          title: 'Payments fail, "all" of them',
          status: 'resolved',
          openedAt: at(2, 14),
          resolvedAt: at(2, 15),
          durationSeconds: 3600,
          attribution: {
            method: 'time_proximity',
            deploymentId: deployments[1].id,
          },
        },
      ]);
      expect(items[1].attribution).toBeUndefined();
    });

    it('come page by page, each once, and as CSV', async () => {
      const seen: string[] = [];
      let cursor = '';
      do {
        const page = await incidents(`limit=1${cursor}`);
        seen.push(...page.items.map((item: { id: string }) => item.id));
        cursor = page.nextCursor ? `&cursor=${page.nextCursor}` : '';
      } while (cursor);
      expect(seen).toEqual(
        ['named', 'other', 'far', 'near'].map(id => `/test ${id}`),
      );

      const { text, headers } = await dora.get(
        `/incidents?${WINDOW}&entityRef=${CHECKOUT}&format=csv`,
      );
      expect(headers['content-type']).toMatch(/text\/csv/);
      const lines = text.trim().split('\r\n');
      expect(lines[0]).toMatch(/^id,service,title,environment,tier,status/);
      expect(lines).toHaveLength(4);
      expect(lines[3]).toContain('"Payments fail, ""all"" of them"');
    });

    it.each([
      ['an unknown status', 'status=broken'],
      ['a limit of nothing', 'limit=0'],
      ['a cursor that is none', 'cursor=xyz'],
      ['a window that is reversed', 'from=2026-05-02&to=2026-05-01'],
      ['a person as scope', 'entityRef=user:default/ines.duarte'],
    ])('answer 400 to %s', async (_, query) => {
      const window = query.startsWith('from') ? '' : `${WINDOW}&`;
      const { status, body } = await dora.get(`/incidents?${window}${query}`);
      expect(status).toBe(400);
      expect(body.error.name).toBe('InputError');
    });

    it('refuse the cursor of another question', async () => {
      const { nextCursor } = await incidents('limit=1');
      const other = await dora.get(
        `/incidents?${WINDOW}&limit=1&status=open&cursor=${nextCursor}`,
      );
      expect(other.status).toBe(400);
      expect(other.body.error.message).toMatch(/another query/);
    });

    it.each([
      [
        'an incident nobody knows',
        { cause: { kind: 'incident', id: 'none' } },
        /checkout has no incident none/,
      ],
      [
        'a rollback nobody knows',
        { cause: { kind: 'rollback', id: 'd1' } },
        /no deployment d1/,
      ],
      ['a reason of blanks', { reason: '  ' }, /needs a reason/],
      ['nobody to blame for nothing', { noneToBlame: true }, /needs the cause/],
      ['a cause of no kind', { cause: { kind: 'weather', id: '1' } }, /kind/],
    ])('refuse %s', async (_, body, message) => {
      const answer = await failures('post', deployments[2].id).send({
        reason: 'because',
        ...body,
      });
      expect(answer.status).toBe(400);
      expect(answer.body.error.message).toMatch(message);
    });

    it('say who may not correct', async () => {
      const stranger = mockCredentials.user.header('user:default/stranger');
      const detail = await request(dora.server)
        .get(`/api/dora/deployments/${deployments[2].id}`)
        .set('authorization', stranger);
      expect(detail.body.permissions).toEqual({ attribute: false });
      const denied = await failures(
        'post',
        deployments[2].id,
        '',
        stranger,
      ).send({ reason: 'because' });
      expect(denied.status).toBe(403);
      const back = await failures('delete', deployments[2].id, '', stranger);
      expect(back.status).toBe(403);
    });
  });

  describe('that change', () => {
    beforeEach(begin);
    afterEach(end);

    it('are put down to another while all events are read anew, and that is told when it counts', async () => {
      const store = DatabaseDeliveryStore.create({ knex });
      const blame = {
        reason: 'It was this one',
        cause: { kind: 'incident', id: 'far' },
      };
      await store.beginReplay({ test: 1 });
      const made = await failures('post', deployments[1].id).send(blame);
      expect([made.status, made.body]).toEqual([
        201,
        expect.objectContaining({ recorded: true, pending: true }),
      ]);
      const { body } = await dora.get(`/metrics?entityRef=${CHECKOUT}`);
      // While all events are read anew nobody can tell as of when the numbers are.
      expect(body.dataQuality).toContainEqual({
        code: 'facts_pending',
        services: [CHECKOUT],
        count: 1,
      });
      const shown = await dora.get(`/deployments/${deployments[1].id}`);
      expect(shown.body.attributions).not.toContainEqual(
        expect.objectContaining({ id: made.body.attributionIds[0] }),
      );
    });

    it('are put down to another deployment by a person, with what was said before', async () => {
      const [first, second, third] = deployments;
      const blame = () =>
        failures('post', third.id).send({
          cause: { kind: 'incident', id: '/test near' },
          reason: ' The index was missing ',
        });
      const said = await blame();
      expect(said.status).toBe(201);
      const [attributionId] = said.body.attributionIds;

      const detail = await dora
        .get(`/deployments/${third.id}`)
        .set('authorization', ines);
      expect(detail.body).toMatchObject({
        outcome: 'failed',
        permissions: { attribute: true },
        attributions: [
          {
            id: attributionId,
            method: 'explicit',
            state: 'live',
            blames: 'this',
            deploymentId: third.id,
            evidence: 'The index was missing',
            author: {
              kind: 'person',
              name: 'user:default/ines.duarte',
              displayName: 'Inês Duarte',
            },
          },
          {
            method: 'time_proximity',
            state: 'superseded',
            blames: 'another',
            deploymentId: second.id,
          },
        ],
      });
      // Seen from the other side, the stronger one is shown too.
      const other = await dora.get(`/deployments/${second.id}`);
      expect(other.body.attributions).toMatchObject([
        { method: 'revision', state: 'live', blames: 'this' },
        {
          method: 'explicit',
          state: 'live',
          blames: 'another',
          deploymentId: third.id,
        },
        { method: 'time_proximity', state: 'superseded', blames: 'this' },
      ]);

      // Said twice, even at once, it is recorded once.
      const again = await Promise.all([blame(), blame()]);
      expect(again.map(({ status }) => status)).toEqual([200, 200]);
      expect(again[0].body).toEqual({
        serviceRef: CHECKOUT,
        attributionIds: [attributionId],
        recorded: false,
      });

      // Somebody else takes it back, which needs a reason.
      const query = `?attributionId=${attributionId}`;
      const bare = await failures('delete', third.id, query, marcus);
      expect(bare.status).toBe(400);
      expect(bare.body.error.message).toMatch(/needs a reason/);
      const elsewhere = await failures('delete', first.id, query, marcus);
      expect(elsewhere.status).toBe(404);
      const withReason = () =>
        failures('delete', third.id, `${query}&reason=It+was+there`, marcus);
      expect((await withReason()).body).toMatchObject({ recorded: true });
      expect((await withReason()).body).toMatchObject({ recorded: false });
      const after = await dora.get(`/deployments/${third.id}`);
      expect(after.body.outcome).toBe('ok');
      expect(
        after.body.attributions.find(
          ({ id }: { id: string }) => id === attributionId,
        ),
      ).toMatchObject({
        state: 'withdrawn',
        withdrawn: {
          by: 'user:default/marcus.weber',
          byDisplayName: 'Marcus Weber',
          reason: 'It was there',
        },
      });

      // What was taken back can be said anew.
      const anew = await blame();
      expect(anew.status).toBe(201);
      expect(anew.body.attributionIds).not.toEqual([attributionId]);
      expect((await dora.get(`/deployments/${third.id}`)).body.outcome).toBe(
        'failed',
      );
    });

    it('are nobody’s fault when a person says so, also before anything was blamed', async () => {
      const [, , third] = deployments;
      const cleared = await failures('post', third.id).send({
        cause: { kind: 'incident', id: 'far' },
        noneToBlame: true,
        reason: 'A rehearsal',
      });
      expect(cleared.status).toBe(201);
      const { items } = await incidents(
        `entityRef=${CHECKOUT}&attributed=true`,
      );
      expect(items[1]).toMatchObject({
        id: '/test far',
        localId: 'far',
        attribution: { noneToBlame: true, method: 'explicit' },
      });
      expect(items[1].attribution.deploymentId).toBeUndefined();
      const back = await failures(
        'delete',
        third.id,
        `?attributionId=${cleared.body.attributionIds[0]}`,
      );
      expect(back.status).toBe(200);
      expect(
        (await incidents(`entityRef=${CHECKOUT}&attributed=true`)).totalItems,
      ).toBe(2);
    });

    it('refuse a change that is named as a rollback, and take a fix for one', async () => {
      const [, second, third] = deployments;
      const post = (kind: string) =>
        failures('post', second.id).send({
          cause: { kind, id: third.id },
          reason: 'It repaired it',
        });
      const wrong = await post('rollback');
      expect(wrong.status).toBe(400);
      expect(wrong.body.error.message).toMatch(
        /is no rollback, it is a change/,
      );
      expect((await post('fix')).status).toBe(201);
    });
  });

  it('are kept from those without permission', async () => {
    const closed = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities,
      permission: AuthorizeResult.DENY,
    });
    try {
      expect((await closed.get('/incidents')).status).toBe(403);
    } finally {
      await closed.stop();
    }
  });
});
