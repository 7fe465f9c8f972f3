import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { RetentionService } from '../retention/RetentionService';
import { RetentionStore } from '../retention/RetentionStore';
import { Metrics } from '@pavedroad/plugin-dora-common';
import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import { cdeventsSource } from '@pavedroad/plugin-dora-backend-module-cdevents';
import { snapshot } from '../__testUtils__/snapshot';
import {
  component,
  deployed,
  incident,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const CHECKOUT = 'component:default/checkout';
const entities = [
  component('checkout', { 'pavedroad.dev/repository': 'payments/checkout' }),
];
const DAY = 86_400_000;
const at = (day: number, hour = 12) =>
  new Date(Date.UTC(2026, 4, day, hour)).toISOString();
const CUT = at(10, 0);

/**
 * Before the cut: a first deployment, more, an incident. After it: a rollback to a revision from before, a redeploy of it,
 * changes of which some were delivered before, failures on both sides.
 */
const history = () => [
  linearCommits(
    'payments/checkout',
    Array.from({ length: 9 }, (_, n) => ({
      id: sha(`c${n}`),
      committedAt: at(n + 1, 8),
    })),
  ),
  deployed(CHECKOUT, sha('c0'), at(2)),
  deployed(CHECKOUT, sha('c3'), at(5)),
  incident('detected', CHECKOUT, 'old', at(5, 13)),
  incident('resolved', CHECKOUT, 'old', at(5, 14)),
  deployed(CHECKOUT, sha('c4'), at(9)),
  // Opened before the cut and still open at the rollback after it.
  incident('detected', CHECKOUT, 'across', at(9, 20)),
  deployed(CHECKOUT, sha('c3'), at(10, 1), { predicate: 'rolledback' }),
  incident('resolved', CHECKOUT, 'across', at(10, 2)),
  deployed(CHECKOUT, sha('c3'), at(11)),
  deployed(CHECKOUT, sha('c6'), at(12)),
  incident('detected', CHECKOUT, 'new', at(12, 13)),
  incident('resolved', CHECKOUT, 'new', at(12, 15)),
  deployed(CHECKOUT, sha('c8'), at(20)),
];
const later = () => [
  deployed(CHECKOUT, sha('c6'), at(21), { predicate: 'rolledback' }),
  // Arrives late, from before the cut: it takes over what was delivered after it.
  deployed(CHECKOUT, sha('c5'), at(8)),
];

const WINDOW = `from=${CUT}&to=${at(25)}`;
const KEPT = `${WINDOW}&compareFrom=${CUT}&compareTo=${at(12, 0)}`;

const ask = async (dora: RunningDora, question: string) => {
  const { body, status } = await dora.get(question);
  expect(status).toBe(200);
  return body;
};
/** What a reader sees of the time that is kept. */
const told = async (dora: RunningDora) => ({
  metrics: await ask(dora, `/metrics?entityRef=${CHECKOUT}&${KEPT}`),
  everything: await ask(dora, `/metrics?${KEPT}`),
  leadTimes: await ask(dora, `/lead-times?entityRef=${CHECKOUT}&${WINDOW}`),
  services: await ask(dora, `/services?${WINDOW}`),
  deployments: await ask(
    dora,
    `/deployments?entityRef=${CHECKOUT}&attempts=true&${WINDOW}`,
  ),
});

/** Lets the clock stand so that the cut is so many days ago. */
function retention(knex: Knex, facts?: number, rawPayloads?: number) {
  return RetentionService.create({
    store: RetentionStore.create({ knex }),
    retention: {
      ...(facts !== undefined && { facts: facts * DAY }),
      ...(rawPayloads !== undefined && { rawPayloads }),
    },
    logger: mockServices.rootLogger(),
    onRestored: () => {},
  });
}

describe('retention', () => {
  const running: RunningDora[] = [];
  const start = async (options: Parameters<typeof startDora>[0]) => {
    const dora = await startDora({ entities, ...options });
    running.push(dora);
    return dora;
  };
  afterEach(async () => {
    await Promise.all(running.splice(0).map(dora => dora.stop()));
  });

  it('removes history and changes no number of the time that is kept', async () => {
    const knex = await databases.init('POSTGRES_18');
    const dora = await start({ knex });
    const events = history();
    await dora.send(events);
    await dora.settled();
    const before = await told(dora);
    const whole = await snapshot(knex);
    expect(before.metrics.metrics.changeFailRate).toMatchObject({ failed: 1 });
    expect(
      before.deployments.items.map(({ kind }: { kind: string }) => kind),
    ).toEqual(['change', 'change', 'redeploy', 'rollback']);

    await retention(knex, 20).run(Date.parse(CUT) + 20 * DAY + 5_000);
    expect(await told(dora)).toEqual(before);
    const cut = Date.parse(CUT);
    expect(await knex('deployment').where('finished_at', '<', cut)).toEqual([]);
    expect(await knex('attempt').where('finished_at', '<', cut)).toEqual([]);
    expect((await knex('incident')).map(({ key }) => key)).toEqual([
      '/test new',
    ]);

    // What comes now is derived from all events, kept facts or not.
    const reference = await databases.init('POSTGRES_18');
    const unlimited = await start({ knex: reference });
    const more = later();
    await dora.send(more);
    await dora.settled();
    await unlimited.send([...events, ...more]);
    await unlimited.settled();
    expect(await told(dora)).toEqual(await told(unlimited));

    // The same as deriving everything anew under the same retention.
    const incremental = await snapshot(knex);
    await knex('dirty_service').insert(
      (await knex('service')).map(({ id }) => ({ service_id: id })),
    );
    const again = await start({
      knex,
      config: {
        dora: {
          retention: {
            facts: { milliseconds: Date.now() - Date.parse(CUT) },
          },
        },
      },
    });
    await again.settled();
    expect(await snapshot(knex)).toEqual(incremental);

    // Kept for longer again: history comes back.
    await retention(knex).run(Date.now());
    await again.settled();
    expect(await snapshot(knex)).toEqual(await snapshot(reference));
    expect(whole.deployments.length).toBeGreaterThan(
      incremental.deployments.length,
    );
  });

  it('drops raw payloads, and replay goes on from what they were understood as', async () => {
    const knex = await databases.init('POSTGRES_18');
    const dora = await start({ knex });
    await dora.send(history());
    await dora.send([
      {
        specversion: '1.0',
        id: 'unknown',
        source: '/test',
        type: 'org.example.nobody.reads.this',
        data: {},
      },
    ]);
    await dora.settled();
    const before = await snapshot(knex);
    await dora.stop();
    running.splice(0);

    // Of two halves, the first is dropped.
    const rows = await knex('inbox').orderBy('id');
    const half = new Date('2020-01-01T00:00:00Z');
    await knex('inbox')
      .where('id', '<=', rows[Math.floor(rows.length / 2)].id)
      .update({ received_at: half });
    await retention(knex, undefined, DAY).run(half.getTime() + 2 * DAY);
    const dropped = await knex('inbox').whereNull('record');
    expect(dropped.length).toBeGreaterThan(rows.length / 3);
    expect(await snapshot(knex)).toEqual(before);

    // A newer source has everything normalised anew; what has no payload stays.
    const newer: DeliveryEventSource = {
      ...cdeventsSource,
      id: 'other',
      normaliserVersion: 7,
      understands: () => false,
    };
    const again = await start({ knex, sources: [newer] });
    await again.settled();
    expect(await snapshot(knex)).toEqual(before);
    expect(
      (await knex('inbox').where({ delivery_id: 'unknown' }))[0].record,
    ).toContain('nobody.reads.this');

    // And twice.
    await again.stop();
    running.splice(0);
    const twice = await start({
      knex,
      sources: [{ ...newer, normaliserVersion: 8 }],
    });
    await twice.settled();
    expect(await snapshot(knex)).toEqual(before);
    // Dropped or not, an event that comes again is known.
    const { rows: known } = await knex.raw(
      'SELECT delivery_id, source FROM inbox WHERE record IS NULL LIMIT 1',
    );
    expect(
      await twice.send([
        {
          specversion: '1.0',
          id: known[0].delivery_id,
          source: known[0].source,
          type: 'dev.cdevents.service.deployed.0.3.0',
          data: {},
        },
      ]),
    ).not.toContain('accepted');
  });
});

describe('while what is kept no longer is still being removed', () => {
  const PAGER = 'component:default/pager';
  const YOUNG = 'component:default/young';
  const BEYOND = `from=${at(1, 0)}&to=${at(25, 0)}`;
  const scopes = ['', `&entityRef=${CHECKOUT}`, `&entityRef=${YOUNG}`];
  const questions = [
    `/metrics?${BEYOND}&interval=day`,
    `/metrics?from=${at(12, 0)}&to=${at(25, 0)}&compareFrom=${at(
      1,
      0,
    )}&compareTo=${at(12, 0)}`,
    `/metrics?${BEYOND}&compareEntityRef=${YOUNG}`,
    `/services?${BEYOND}`,
    `/lead-times?${BEYOND}`,
    `/deployments?${BEYOND}&attempts=true`,
    `/explain?metric=deploymentFrequency&${BEYOND}`,
  ].flatMap(question => scopes.map(scope => question + scope));

  it('answers say the same as when it is gone', async () => {
    const knex = await databases.init('POSTGRES_18');
    const dora = await startDora({
      entities: [...entities, component('pager'), component('young')],
      knex,
    });
    try {
      await dora.send([
        ...history(),
        incident('detected', PAGER, 'rang', at(4)),
        deployed(YOUNG, sha('y0'), at(13)),
        incident('detected', YOUNG, 'early', at(3)),
        incident('resolved', YOUNG, 'early', at(3, 14)),
      ]);
      await dora.settled();
      const answers = async () => {
        const all = new Map<string, unknown>();
        for (const question of questions) {
          all.set(question, await ask(dora, question));
        }
        return all;
      };
      const everything = await answers();
      const store = RetentionStore.create({ knex });
      await store.keepFactsFrom(Date.parse(CUT));
      const announced = await answers();
      expect(announced).not.toEqual(everything);
      expect(
        await knex('deployment').where('finished_at', '<', Date.parse(CUT)),
      ).not.toEqual([]);

      expect(await store.removeFactsBefore(Date.parse(CUT))).toBeGreaterThan(0);
      expect(announced).toEqual(await answers());
    } finally {
      await dora.stop();
    }
  });
});

describe('answers about more than what is kept', () => {
  // Incidents before the cut, and no deployment.
  const PAGER = 'component:default/pager';
  // Nothing before the cut.
  const YOUNG = 'component:default/young';
  let dora: RunningDora;
  beforeAll(async () => {
    const knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      entities: [...entities, component('pager'), component('young')],
      knex,
    });
    await dora.send([
      ...history(),
      incident('detected', PAGER, 'rang', at(4)),
      incident('resolved', PAGER, 'rang', at(4, 14)),
      deployed(YOUNG, sha('y0'), at(13)),
      incident('detected', YOUNG, 'first', at(14)),
    ]);
    await dora.settled();
    await retention(knex, 20).run(Date.parse(CUT) + 20 * DAY);
  });
  afterAll(() => dora?.stop());

  it.each([
    ['a window', '/metrics', `from=${at(9)}&to=${at(25)}`, true],
    [
      'a comparison',
      '/metrics',
      `${WINDOW}&compareFrom=${at(1)}&compareTo=${CUT}`,
      true,
    ],
    ['nothing', '/metrics', KEPT, false],
    ['a distribution', '/lead-times', `from=${at(9)}&to=${at(25)}`, true],
    ['a list', '/deployments', `from=${at(9)}&to=${at(25)}`, true],
    ['no list', '/deployments', WINDOW, false],
    ['a table', '/services', `from=${at(9)}&to=${at(25)}`, true],
    ['a list of incidents', '/incidents', `from=${at(9)}&to=${at(25)}`, true],
    ['no list of incidents', '/incidents', WINDOW, false],
    [
      'an explanation',
      '/explain',
      `metric=changeFailRate&from=${at(9)}&to=${at(25)}`,
      true,
    ],
    ['an empty list', '/deployments', `from=${at(1)}&to=${at(3)}`, true],
  ])('say when %s reaches back further', async (_, route, window, said) => {
    const { dataQuality = [] } = await ask(dora, `${route}?${window}`);
    const note = {
      code: 'beyond_retention',
      services: [CHECKOUT, PAGER],
      since: CUT,
    };
    expect(
      dataQuality.filter(({ code }: typeof note) => code === note.code),
    ).toMatchObject(said ? [note] : []);
  });

  it.each([
    ['/metrics', `${WINDOW}&compareFrom=${at(1)}&compareTo=${CUT}`, true],
    ['/metrics', KEPT, false],
    ['/services', `from=${at(9)}&to=${at(25)}`, true],
    ['/services', WINDOW, false],
    ['/deployments', `from=${at(9)}&to=${at(25)}`, true],
    ['/deployments', WINDOW, false],
    // Nothing is left of that time: the file has no line to say it in.
    ['/deployments', `from=${at(1)}&to=${at(3)}`, true],
    ['/incidents', `from=${at(9)}&to=${at(25)}`, true],
    ['/incidents', WINDOW, false],
  ])('say it in the file of %s?%s', async (route, window, said) => {
    const { headers, text } = await dora.get(`${route}?${window}&format=csv`);
    const words = `beyond_retention:${CUT}`;
    expect((headers['x-data-quality'] ?? '').includes(words)).toBe(said);
    const [header, ...lines] = text.split('\r\n').slice(0, -1);
    expect(header).toMatch(/,data_quality$/);
    // Each service says it of itself, and one had nothing before the cut; what else there is says it in each line.
    const saying = lines.filter(line => line.includes(words)).length;
    const all = route === '/services' ? 2 : lines.length;
    expect(saying).toBe(said ? all : 0);
  });

  it('take no day that is not kept for a day without deployments', async () => {
    const question = `from=${at(1, 0)}&to=${at(25, 0)}`;
    const { metrics, series } = await ask(
      dora,
      `/metrics?entityRef=${CHECKOUT}&${question}&interval=day`,
    );
    // One on the 12th, one on the 20th, in the 15 days from the cut on.
    expect(metrics.deploymentFrequency).toMatchObject({
      status: 'ok',
      deployments: 2,
      perDay: 2 / 15,
      wholeWeeks: 2,
    });
    expect(
      series.map(
        (bucket: { metrics: Metrics }) =>
          bucket.metrics.deploymentFrequency.status,
      ),
    ).toEqual([...Array(9).fill('no_data'), ...Array(15).fill('ok')]);
    const { items } = await ask(dora, `/services?${question}`);
    expect(
      items.map(
        (item: { metrics: Metrics }) => item.metrics.deploymentFrequency,
      ),
    ).toMatchObject([
      { deployments: 2, perDay: 2 / 15 },
      { status: 'no_data' },
      // All of its time is kept.
      { deployments: 1, perDay: 1 / 24 },
    ]);
  });
});
