import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  NotificationSendOptions,
  notificationService,
} from '@backstage/plugin-notifications-node';
import { MetricsQuery, MetricsResponse } from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import request from 'supertest';
import { PeopleDirectory } from '../catalog/PeopleDirectory';
import { ScopeResolver } from '../catalog/ScopeResolver';
import { NoticeStore } from '../notifications/NoticeStore';
import { Notifier } from '../notifications/Notifier';
import { SubscriptionStore } from '../notifications/SubscriptionStore';
import { OnCallLevelAt } from '../service/OnCallClient';
import {
  cloudEvent,
  component,
  deployed,
  group,
  incident,
  linearCommits,
  RunningDora,
  sha,
  startDora,
  user,
} from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CHECKOUT = 'component:default/checkout';
const SAMPLE = 'component:default/sample';
const TEAM = 'group:default/team-a';
const INES = 'user:default/ines.duarte';
const PRIYA = 'user:default/priya.raman';
/** A Monday, 10:00 in Lisbon. */
const MONDAY = Date.parse('2026-06-01T09:00:00Z');

const entities = [
  component('checkout', { 'pavedroad.dev/repository': 'payments/checkout' }),
  component('quiet'),
  component('sample', { 'pavedroad.dev/sample-data': 'true' }),
  group('team-a', 'Payments'),
  user('ines.duarte', 'Inês Duarte'),
];

/** A place that notifications are sent to, which may be out of order. */
function fakeNotifications() {
  const sent: NotificationSendOptions[] = [];
  let broken = 0;
  return {
    sent,
    breakFor: (times: number) => {
      broken = times;
    },
    service: {
      async send(options: NotificationSendOptions) {
        if (broken > 0) {
          broken -= 1;
          throw new Error('Out of order');
        }
        sent.push(options);
      },
    },
  };
}

const at = (moment: number) => new Date(moment).toISOString();

describe('notifications', () => {
  let knex: Knex;
  let dora: RunningDora;
  let outbox: ReturnType<typeof fakeNotifications>;
  let subscriptions: SubscriptionStore;

  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    // The backend takes events in and tells nobody: the tests say when it is what time.
    dora = await startDora({
      knex,
      entities,
      config: { dora: { notifications: { enabled: false } } },
    });
    outbox = fakeNotifications();
    subscriptions = SubscriptionStore.create({ knex });
  });
  afterEach(async () => {
    await dora.stop();
  });

  /** Metrics over the API of the running backend, as a service sees them. */
  const metrics = {
    async metrics(query: MetricsQuery): Promise<MetricsResponse> {
      const search = new URLSearchParams({
        ...(query.entityRef && { entityRef: query.entityRef }),
        from: at(query.from),
        to: at(query.to),
        compareFrom: at(query.compareFrom),
        compareTo: at(query.compareTo),
        timeZone: query.timeZone,
      });
      const { body, status } = await dora.get(`/metrics?${search}`);
      if (status !== 200) {
        throw Object.assign(new Error(body.error.message), body.error);
      }
      return body;
    },
  };

  /** The notifier as one backend has it. */
  function notifier(onCallNow: OnCallLevelAt[] = []): Notifier {
    const catalog = catalogServiceMock({ entities });
    const auth = mockServices.auth();
    const logger = mockServices.logger.mock();
    const scopes = ScopeResolver.create({ catalog, auth });
    return Notifier.create({
      subscriptions,
      notices: NoticeStore.create({ knex }),
      metrics,
      scopes,
      catalog,
      people: PeopleDirectory.create({ catalog, auth, logger }),
      onCall: { onCallAt: async () => onCallNow },
      notifications: outbox.service,
      auth,
      logger,
      limits: { deploymentMaxAge: 2 * DAY, digestMaxDelay: DAY },
    });
  }

  async function subscribe(
    subscriber: string,
    kinds: Parameters<SubscriptionStore['set']>[0]['kinds'],
    entityRef = CHECKOUT,
    createdAt = MONDAY - 30 * DAY,
  ) {
    await subscriptions.set({
      subscriber,
      entityRef,
      kinds,
      timeZone: 'Europe/Lisbon',
      author: INES,
    });
    await knex('subscription').update({ created_at: new Date(createdAt) });
  }

  const id = (n: number) => sha(`${n.toString(16)}a`.padStart(8, '0'));

  /** Deployments with a change each, this many hours before the moment; some of them failed for two hours. */
  async function deliver(
    moment: number,
    deployments: { hoursBefore: number; fails?: boolean }[],
  ) {
    const ordered = [...deployments].sort(
      (a, b) => b.hoursBefore - a.hoursBefore,
    );
    await dora.send([
      cloudEvent('dev.pavedroad.source.declared.0.1.0', {
        entityRef: CHECKOUT,
        provides: 'incidents',
        since: at(moment - 200 * DAY),
      }),
      linearCommits(
        'payments/checkout',
        ordered.map(({ hoursBefore }, i) => ({
          id: id(i),
          committedAt: at(moment - (hoursBefore + 1) * HOUR),
        })),
      ),
      ...ordered.flatMap(({ hoursBefore, fails }, i) => {
        const finish = moment - hoursBefore * HOUR;
        return [
          deployed(CHECKOUT, id(i), at(finish)),
          ...(fails
            ? [
                incident('detected', CHECKOUT, `i${i}`, at(finish + HOUR / 60)),
                incident('resolved', CHECKOUT, `i${i}`, at(finish + HOUR / 30)),
              ]
            : []),
        ];
      }),
    ]);
    await dora.settled();
  }

  describe('a weekly digest', () => {
    it('tells a group what changed, worst first, with the view that shows it', async () => {
      // Twenty good deployments in four weeks, then a week in which six of eight fail.
      await deliver(MONDAY, [
        ...Array.from({ length: 20 }, (_, i) => ({
          hoursBefore: 24 * 9 + i * 30,
        })),
        ...Array.from({ length: 8 }, (_, i) => ({
          hoursBefore: 15 + i * 18,
          fails: i < 6,
        })),
      ]);
      await subscribe(TEAM, ['weekly_digest']);
      await notifier().run(MONDAY);
      expect(outbox.sent).toHaveLength(1);
      const [{ recipients, payload }] = outbox.sent;
      expect(recipients).toEqual({ type: 'entity', entityRef: [TEAM] });
      expect(payload).toMatchObject({
        title: 'checkout, week of 25 May: change fail rate got worse',
        topic: 'Weekly delivery digest',
        severity: 'normal',
        scope: `weekly_digest|${TEAM}|${CHECKOUT}|2026-06-01`,
      });
      const lines = payload.description!.split('\n');
      expect(lines[0]).toBe(
        'Change fail rate rose from 0 of 20, 0 % to 6 of 8, 75 %: worse, beyond chance.',
      );
      expect(lines).toContain(
        'Change lead time: 1 h in the median; no evidence of a change.',
      );
      expect(payload.description).toContain('one such comparison in twenty');
      const link = new URL(payload.link!, 'http://portal');
      expect(link.pathname).toBe('/delivery');
      expect(Object.fromEntries(link.searchParams)).toEqual({
        scope: CHECKOUT,
        from: '2026-05-25',
        until: '2026-05-31',
        compareFrom: '2026-04-27',
        compareUntil: '2026-05-24',
        timeZone: 'Europe/Lisbon',
        environment: 'production',
      });
    });

    it('is sent once by two backends, again and again, and after a restart', async () => {
      await deliver(MONDAY, [{ hoursBefore: 100 }]);
      await subscribe(TEAM, ['weekly_digest']);
      const backends = [notifier(), notifier()];
      for (const minute of [0, 1, 15, 60, 600]) {
        await Promise.all(
          backends.map(backend => backend.run(MONDAY + minute * 60_000)),
        );
      }
      await notifier().run(MONDAY + 11 * HOUR);
      expect(outbox.sent).toHaveLength(1);
      // Ended and asked for again within the week, it is not told again either.
      await subscriptions.set({
        subscriber: TEAM,
        entityRef: CHECKOUT,
        kinds: [],
        timeZone: 'UTC',
        author: INES,
      });
      await subscribe(TEAM, ['weekly_digest']);
      await notifier().run(MONDAY + 12 * HOUR);
      expect(outbox.sent).toHaveLength(1);
    });

    it('is tried again when it could not be sent, and in the end given up', async () => {
      await deliver(MONDAY, [{ hoursBefore: 100 }]);
      await subscribe(TEAM, ['weekly_digest']);
      outbox.breakFor(2);
      await notifier().run(MONDAY);
      await notifier().run(MONDAY + 60_000);
      expect(outbox.sent).toEqual([]);
      await notifier().run(MONDAY + 6 * 60_000);
      await notifier().run(MONDAY + 12 * 60_000);
      await notifier().run(MONDAY + 18 * 60_000);
      expect(outbox.sent).toHaveLength(1);

      await subscribe(INES, ['weekly_digest']);
      outbox.breakFor(100);
      for (let minutes = 20; minutes < 120; minutes += 6) {
        await notifier().run(MONDAY + minutes * 60_000);
      }
      expect(await knex('notice').pluck('state').orderBy('occasion')).toEqual([
        'told',
        'given_up',
      ]);
      expect(await knex('notice').max('attempts')).toEqual([{ max: 5 }]);
    });

    it('says nothing where there is nothing to say', async () => {
      await subscribe(TEAM, ['weekly_digest'], 'component:default/quiet');
      await subscribe(TEAM, ['weekly_digest'], 'component:default/gone');
      await notifier().run(MONDAY);
      expect(outbox.sent).toEqual([]);
      expect(await knex('notice').pluck('state')).toEqual(['passed', 'passed']);
    });
  });

  it('a change beyond chance is told when it begins, and once', async () => {
    await deliver(MONDAY, [
      ...Array.from({ length: 30 }, (_, i) => ({
        hoursBefore: 24 * 30 + i * 20,
      })),
      ...Array.from({ length: 20 }, (_, i) => ({
        hoursBefore: 12 + i * 30,
        fails: i < 16,
      })),
    ]);
    await subscribe(TEAM, ['change_beyond_chance']);
    // Looks begin while all is well, four weeks before.
    for (let day = -28; day <= 0; day++) {
      await notifier().run(MONDAY + day * DAY);
      await notifier().run(MONDAY + day * DAY + HOUR);
    }
    expect(
      outbox.sent.map(({ payload }) => [payload.title, payload.topic]),
    ).toEqual([
      [
        'checkout: change fail rate rose beyond chance',
        'Delivery changed beyond chance',
      ],
    ]);
    expect(outbox.sent[0].payload.description).toMatch(
      /^Change fail rate rose from .*: worse\.\n.*each is tested at 99 %/s,
    );
  });

  describe('a failed deployment', () => {
    const NOW = Date.now();
    const onCall = [
      {
        level: 1,
        userRefs: [PRIYA],
        people: [{ ref: PRIYA, displayName: 'Priya' }],
      },
    ];

    it('is told to its owners and who is on call, once, when it is blamed for the first time', async () => {
      await subscribe(TEAM, ['failed_deployment'], '', NOW - DAY);
      await deliver(NOW, [{ hoursBefore: 5 }, { hoursBefore: 2 }]);
      await notifier(onCall).run(NOW);
      expect(outbox.sent).toEqual([]);

      await dora.send([
        incident('detected', CHECKOUT, 'outage', at(NOW - HOUR), {
          title: 'Payments fail',
        }),
      ]);
      await dora.settled();
      await Promise.all([notifier(onCall).run(NOW), notifier(onCall).run(NOW)]);
      expect(outbox.sent).toHaveLength(1);
      const [{ recipients, payload }] = outbox.sent;
      expect(recipients).toEqual({
        type: 'entity',
        entityRef: [TEAM, PRIYA],
      });
      expect(payload).toMatchObject({
        title: 'checkout: a deployment to production failed',
        severity: 'high',
        topic: 'Failed deployment',
      });
      expect(payload.description).toMatch(/^Incident: Payments fail\.\n/);
      expect(payload.description).toContain('began soon after it');
      const { body } = await dora.get('/deployments?outcome=failed');
      expect(payload.link).toBe(
        `/delivery?scope=component%3Adefault%2Fcheckout&deployment=${body.items[0].id}`,
      );

      // More that goes wrong with it is no news.
      await dora.send([
        incident('detected', CHECKOUT, 'more', at(NOW - HOUR / 2)),
        incident('resolved', CHECKOUT, 'outage', at(NOW - HOUR / 4)),
      ]);
      await dora.settled();
      await notifier(onCall).run(NOW + HOUR);
      expect(outbox.sent).toHaveLength(1);
    });

    it('is told to a person who asked, without waking who is on call', async () => {
      await subscribe(INES, ['failed_deployment'], CHECKOUT, NOW - DAY);
      await deliver(NOW, [{ hoursBefore: 2, fails: true }]);
      await notifier(onCall).run(NOW);
      expect(outbox.sent.map(({ recipients }) => recipients)).toEqual([
        { type: 'entity', entityRef: [INES] },
      ]);
    });

    it('is no news when it is old, replayed, sample data, or was not asked about', async () => {
      await subscribe(TEAM, ['failed_deployment'], CHECKOUT, NOW - 10 * DAY);
      await subscribe(TEAM, ['failed_deployment'], SAMPLE, NOW - 10 * DAY);
      await deliver(NOW, [{ hoursBefore: 50, fails: true }]);
      await dora.send([
        {
          ...deployed(SAMPLE, sha('b1'), at(NOW - 2 * HOUR)),
          sampledata: 'true',
        },
        incident('detected', SAMPLE, 's', at(NOW - HOUR)),
        deployed('component:default/quiet', sha('c1'), at(NOW - 2 * HOUR)),
        incident('detected', 'component:default/quiet', 'q', at(NOW - HOUR)),
      ]);
      await dora.settled();
      const { body } = await dora.get('/deployments?outcome=failed');
      expect(body.totalItems).toBe(3);
      await notifier(onCall).run(NOW);
      expect(outbox.sent).toEqual([]);
      // Asked for now, it does not become news later.
      await subscribe(TEAM, ['failed_deployment'], '', NOW);
      await notifier(onCall).run(NOW + 60_000);
      expect(outbox.sent).toEqual([]);
    });

    it('is told of a service of the sample organisation, when what happened is none of it', async () => {
      await subscribe(INES, ['failed_deployment'], SAMPLE, NOW - DAY);
      await dora.send([
        deployed(SAMPLE, sha('b1'), at(NOW - 2 * HOUR)),
        incident('detected', SAMPLE, 's', at(NOW - HOUR)),
      ]);
      await dora.settled();
      await notifier(onCall).run(NOW);
      expect(outbox.sent).toMatchObject([
        {
          recipients: { entityRef: [INES] },
          payload: { topic: 'Failed deployment' },
        },
      ]);
    });

    it('waits while many services wait for their facts', async () => {
      await subscribe(INES, ['failed_deployment'], CHECKOUT, NOW - DAY);
      await deliver(NOW, [{ hoursBefore: 2, fails: true }]);
      await dora.stop();
      await knex.raw(
        'INSERT INTO dirty_service (service_id) SELECT generate_series(1001, 1200)',
      );
      await notifier().run(NOW);
      expect(outbox.sent).toEqual([]);
      await knex('dirty_service').delete();
      await notifier().run(NOW);
      expect(outbox.sent).toHaveLength(1);
      dora = await startDora({ knex, entities });
    });
  });

  it('are sent by the running backend on its own, through the notification service', async () => {
    const now = Date.now();
    const put = await request(dora.server)
      .put('/api/dora/subscriptions')
      .set('authorization', mockCredentials.user.header(INES))
      .send({ entityRef: CHECKOUT, kinds: ['failed_deployment'] });
    expect(put.status).toBe(200);
    await dora.send([
      deployed(CHECKOUT, sha('a1'), at(now - HOUR)),
      incident('detected', CHECKOUT, 'outage', at(now + 60_000)),
    ]);
    await dora.settled();
    await dora.stop();
    dora = await startDora({
      knex,
      entities,
      features: [
        createServiceFactory({
          service: notificationService,
          deps: {},
          factory: () => outbox.service,
        }),
        mockServices.scheduler.factory({
          includeInitialDelayedTasksOnStartup: true,
        }),
      ],
    });
    const deadline = Date.now() + 20_000;
    while (outbox.sent.length === 0 && Date.now() < deadline) {
      await new Promise(resolve => {
        setTimeout(resolve, 50);
      });
    }
    expect(outbox.sent).toMatchObject([
      {
        recipients: { entityRef: [INES] },
        payload: { topic: 'Failed deployment' },
      },
    ]);
  });
});
