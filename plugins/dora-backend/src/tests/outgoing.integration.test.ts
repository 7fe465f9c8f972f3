import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { EventParams } from '@backstage/plugin-events-node';
import {
  DeliveryEventSource,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import { DomainEvent } from '@pavedroad/plugin-dora-common';
import { JsonObject } from '@backstage/types';
import { Knex } from 'knex';
import request from 'supertest';
import {
  cloudEvent,
  component,
  deployed,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';
import { OutgoingOptions } from '../outgoing/options';
import { OutgoingStore } from '../outgoing/OutgoingStore';
import { OutgoingWorker } from '../outgoing/OutgoingWorker';

jest.setTimeout(90_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const CHECKOUT = 'component:default/checkout';
const START = Date.now();
const ago = (minutes: number) =>
  new Date(START - minutes * 60_000).toISOString();

/** A source that says in its data what its events mean. */
const provider: DeliveryEventSource = {
  id: 'provider',
  normaliserVersion: 1,
  understands: type => type === 'test.provider',
  normalise: (event: RawDeliveryEvent) => ({
    outcome: 'accepted',
    events: event.data as unknown as DomainEvent[],
  }),
};

type Received = { event: JsonObject; headers: IncomingMessage['headers'] };

/** The status that an event is answered with, and what is said to it. */
type Respond = (event: JsonObject) => number | [status: number, text: string];

/** A program that takes events over HTTP, and answers as it is told. */
async function startSink(): Promise<{
  url: string;
  received: Received[];
  answer: (respond: Respond) => void;
  server: Server;
  until: (count: number) => Promise<Received[]>;
}> {
  const received: Received[] = [];
  let respond: Respond = () => 202;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', chunk => chunks.push(chunk));
    req.on('end', () => {
      const event = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const [status, text] = [respond(event)].flat() as [number, string?];
      if (status < 300) {
        received.push({ event, headers: req.headers });
      }
      res.writeHead(status).end(text);
    });
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/events?key=secret`,
    received,
    server,
    answer: given => {
      respond = given;
    },
    until: async count => {
      const deadline = Date.now() + 20_000;
      while (received.length < count && Date.now() < deadline) {
        await new Promise(resolve => {
          setTimeout(resolve, 25);
        });
      }
      return received;
    },
  };
}

const pause = (milliseconds: number) =>
  new Promise(resolve => {
    setTimeout(resolve, milliseconds);
  });

const deployment = (revision: string, at: string): DomainEvent => ({
  type: 'deployment',
  service: { entityRef: CHECKOUT },
  deploymentId: `run-${revision}`,
  status: 'succeeded',
  at,
  environment: 'production',
  revision: sha(revision),
});
const incidentEvent = (
  action: 'opened' | 'resolved',
  at: string,
  id = 'INC-1',
): DomainEvent => ({
  type: 'incident',
  service: { entityRef: CHECKOUT },
  incidentId: id,
  action,
  at,
  title: 'Slow',
});
const told = (...events: DomainEvent[]) => cloudEvent('test.provider', events);
const typesOf = (received: Received[]) =>
  received.map(({ event }) => String(event.type)).sort();

describe('events that the portal sends', () => {
  let knex: Knex;
  let dora: RunningDora;
  let sink: Awaited<ReturnType<typeof startSink>>;
  const published: EventParams[] = [];

  const start = (
    options: { sources?: DeliveryEventSource[]; outgoing?: JsonObject } = {},
  ) =>
    startDora({
      knex,
      entities: [component('checkout')],
      sources: options.sources ?? [provider],
      config: {
        backend: { baseUrl: 'http://portal.example' },
        dora: {
          outgoing: options.outgoing ?? {
            publish: true,
            sinks: [{ url: sink.url, headers: { 'x-token': 't' } }],
          },
        },
      },
      features: [
        mockServices.events.mock({
          publish: async params => {
            published.push(params);
          },
        }).factory,
      ],
    });

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    sink = await startSink();
    dora = await start();
  });
  afterAll(async () => {
    await dora?.stop();
    sink?.server.close();
  });

  it('tell what was learned from sources that do not speak CDEvents', async () => {
    await dora.send([
      told(
        deployment('a1', ago(100_000)),
        deployment('a2', ago(120)),
        incidentEvent('opened', ago(110)),
        incidentEvent('resolved', ago(90)),
      ),
      deployed('checkout', sha('a3'), ago(60)),
    ]);
    await dora.settled();
    const received = await sink.until(4);
    // Neither what is too old nor what was a CDEvent already.
    expect(typesOf(received)).toEqual([
      'dev.cdevents.incident.detected.0.3.0',
      'dev.cdevents.incident.resolved.0.3.0',
      'dev.cdevents.service.deployed.0.3.0',
      'dev.pavedroad.delivery.failureattributed.0.1.0',
    ]);
    const find = (part: string) =>
      received.find(({ event }) => String(event.type).includes(part))!;
    expect(find('service.deployed').event).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^delivery-[0-9a-f]{32}$/),
      source: 'http://portal.example/api/dora',
      type: 'dev.cdevents.service.deployed.0.3.0',
      subject: CHECKOUT,
      time: ago(120),
      datacontenttype: 'application/json',
      data: {
        context: expect.objectContaining({
          specversion: '0.5.1',
          timestamp: ago(120),
          type: 'dev.cdevents.service.deployed.0.3.0',
        }),
        subject: {
          id: CHECKOUT,
          content: {
            environment: { id: 'production' },
            artifactId: `pkg:generic/checkout@${sha('a2')}`,
          },
        },
        customData: expect.objectContaining({
          deploymentId: 'run-a2',
          learnedFrom: 'provider',
        }),
        customDataContentType: 'application/json',
      },
    });
    expect(find('failureattributed').event.data).toMatchObject({
      serviceRef: CHECKOUT,
      cause: { kind: 'incident', id: 'INC-1' },
      deployment: { deploymentId: 'run-a2' },
      method: 'time_proximity',
    });
    for (const { headers } of received) {
      expect(headers).toMatchObject({
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'x-token': 't',
      });
    }
    await pause(1_500);
    expect(
      published
        .filter(({ topic }) => topic === 'dora.cdevents')
        .map(({ eventPayload }) => (eventPayload as JsonObject).id)
        .sort(),
    ).toEqual(received.map(({ event }) => event.id).sort());
    expect(sink.received).toHaveLength(4);
  });

  it('are ignored when they come back', async () => {
    const before = await knex('inbox').count();
    const response = await dora.post(
      JSON.stringify(sink.received.map(({ event }) => event)),
    );
    expect(response.body.results).toHaveLength(4);
    for (const result of response.body.results) {
      expect(result).toMatchObject({
        status: 'ignored',
        reason: 'the portal sent this event itself',
      });
    }
    expect(await knex('inbox').count()).toEqual(before);
  });

  it('tell again what changes, and only that', async () => {
    await dora.send([
      told(deployment('a25', ago(115))),
      told(incidentEvent('opened', ago(110))),
    ]);
    await dora.settled();
    const received = await sink.until(6);
    await pause(1_500);
    // The incident is closer to the deployment that was heard of late.
    expect(typesOf(sink.received.slice(4))).toEqual([
      'dev.cdevents.service.deployed.0.3.0',
      'dev.pavedroad.delivery.failureattributed.0.1.0',
    ]);
    const attributed = received
      .slice(4)
      .find(({ event }) => String(event.type).includes('attributed'))!;
    expect(attributed.event.data).toMatchObject({
      deployment: { deploymentId: 'run-a25' },
    });
    expect(new Set(received.map(({ event }) => event.id)).size).toBe(6);
  });

  it('are not told again by a replay', async () => {
    await dora.stop();
    dora = await start({ sources: [{ ...provider, normaliserVersion: 2 }] });
    await dora.settled();
    await pause(1_500);
    expect(sink.received).toHaveLength(6);
  });

  it('are told once a target is back, and given up visibly when it never is', async () => {
    await dora.stop();
    sink.answer(() => 503);
    dora = await start({
      sources: [{ ...provider, normaliserVersion: 2 }],
      outgoing: {
        maxAttempts: 2,
        sinks: [{ url: sink.url, types: ['dev.cdevents.incident.*'] }],
      },
    });
    await dora.send([
      told(incidentEvent('opened', ago(30), 'INC-2')),
      told(deployment('a5', ago(20))),
    ]);
    await dora.settled();
    const status = async () =>
      (await dora.get('/outgoing')).body.targets[0] as {
        id: string;
        pending: number;
        dead: number;
        delivered: number;
        deadLetters: object[];
      };
    const deadline = Date.now() + 20_000;
    while ((await status()).dead === 0 && Date.now() < deadline) {
      await pause(100);
    }
    const given = await status();
    expect(given).toMatchObject({
      // Nothing of the address that may be secret.
      id: sink.url.replace('?key=secret', ''),
      pending: 0,
      dead: 1,
      delivered: 6,
      lastError: 'answered 503',
      deadLetters: [
        {
          type: 'dev.cdevents.incident.detected.0.3.0',
          attempts: 2,
          error: 'answered 503',
        },
      ],
    });
    sink.answer(() => 202);
    const retried = await request(dora.server).post(
      `/api/dora/outgoing/retry?target=${encodeURIComponent(given.id)}`,
    );
    expect(retried.body).toEqual({ retried: 1 });
    await sink.until(7);
    expect(sink.received[6].event.subject).toBe('INC-2');
    expect(
      (await request(dora.server).post('/api/dora/outgoing/retry?target=x'))
        .status,
    ).toBe(404);
  });
});

it('sends nothing unless told where to', async () => {
  const knex = await databases.init('POSTGRES_18');
  const dora = await startDora({
    knex,
    entities: [component('checkout')],
    sources: [provider],
  });
  try {
    await dora.send([told(deployment('a1', ago(10)))]);
    await dora.settled();
    expect((await dora.get('/outgoing')).body.targets).toEqual([]);
    expect(await knex('outgoing_event')).toEqual([]);
    expect(await knex('outgoing_subject')).toEqual([]);
  } finally {
    await dora.stop();
  }
});

describe('the outbox', () => {
  let knex: Knex;
  let sink: Awaited<ReturnType<typeof startSink>>;
  let outgoing: OutgoingOptions;
  const logger = mockServices.logger.mock();

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    await knex.migrate.latest({ directory: `${__dirname}/../../migrations` });
    sink = await startSink();
    outgoing = {
      targets: [{ id: 'sink', url: sink.url, headers: {} }],
      source: 'http://portal.example/api/dora',
      maxAgeMilliseconds: 86_400_000,
      retentionMilliseconds: 86_400_000,
      maxAttempts: 3,
    };
  });
  afterAll(() => {
    sink?.server.close();
  });

  const fill = async (count: number, prefix: string, service = 1) => {
    const ids = Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
    const rows = await knex('outgoing_event')
      .insert(
        ids.map(id => ({
          event_id: id,
          type: 't',
          event: JSON.stringify({ id }),
        })),
      )
      .returning('id');
    await knex('outgoing_delivery').insert(
      rows.map(({ id }) => ({
        event_id: id,
        target: 'sink',
        service_id: service,
      })),
    );
    return ids;
  };
  const worker = (store: OutgoingStore) =>
    OutgoingWorker.create({
      ...outgoing,
      store,
      events: mockServices.events.mock(),
      logger,
      pollMilliseconds: 10,
    });
  const store = () => OutgoingStore.create({ knex, outgoing });

  it('is emptied once by two backends', async () => {
    const ids = await fill(120, 'shared');
    const workers = [worker(store()), worker(store())];
    workers.forEach(one => one.start());
    await sink.until(120);
    await pause(300);
    await Promise.all(workers.map(one => one.stop()));
    expect(sink.received.map(({ event }) => event.id).sort()).toEqual(
      ids.sort(),
    );
  });

  it('is emptied by another backend after the one that began died', async () => {
    const [id] = await fill(1, 'orphan');
    // Claimed, and never heard of again.
    expect(await store().claim('sink', 10, 400)).toHaveLength(1);
    const before = sink.received.length;
    const other = worker(store());
    other.start();
    await pause(150);
    expect(sink.received).toHaveLength(before);
    await sink.until(before + 1);
    await other.stop();
    expect(sink.received[before].event.id).toBe(id);
  });

  it('keeps the order of what is said about a service, and has no other wait for it', async () => {
    await fill(1, 'first', 1);
    const [refused] = await store().claim('sink', 10, 60_000);
    await store().failed('sink', refused.key, 'answered 503', 60_000);
    // Said while the first waits to be tried again.
    await fill(1, 'second', 1);
    await fill(1, 'elsewhere', 2);
    const meanwhile = await store().claim('sink', 10, 60_000);
    expect(meanwhile.map(({ event }) => JSON.parse(event).id)).toEqual([
      'elsewhere-0',
    ]);
    await store().delivered(
      'sink',
      meanwhile.map(({ key }) => key),
    );
    const tryAgain = async () =>
      knex('outgoing_delivery')
        .where({ status: 0 })
        .update({ next_at: knex.fn.now() });
    await tryAgain();
    const both = await store().claim('sink', 10, 60_000);
    expect(both.map(({ event }) => JSON.parse(event).id)).toEqual([
      'first-0',
      'second-0',
    ]);
    // What was given up holds nothing back.
    await store().failed('sink', both[0].key, 'answered 400', undefined);
    await tryAgain();
    const after = await store().claim('sink', 10, 60_000);
    expect(after.map(({ event }) => JSON.parse(event).id)).toEqual([
      'second-0',
    ]);
    await store().delivered('sink', [after[0].key]);
  });

  describe('when a target does not take an event', () => {
    const refuse = async (status: number) => {
      const ids = await fill(2, `refused-${status}`, 1);
      const before = sink.received.length;
      sink.answer(({ id }) =>
        id === ids[0] ? [status, `No such\n\0 type${'!'.repeat(9_000)}`] : 202,
      );
      const one = worker(store());
      one.start();
      return {
        ids,
        taken: () => sink.received.slice(before).map(({ event }) => event.id),
        until: () => sink.until(before + 1),
        status: async () => (await store().status())[0],
        stop: () => one.stop(),
      };
    };
    beforeEach(async () => {
      await knex('outgoing_event').delete();
      logger.error.mockClear();
    });
    afterEach(async () => {
      sink.answer(() => 202);
      await knex('outgoing_event').delete();
    });

    it.each([400, 413, 415, 422])(
      'gives it up at once where it always would be refused, and sends what comes after it: %d',
      async code => {
        const { ids, taken, until, status, stop } = await refuse(code);
        await until();
        await stop();
        expect(taken()).toEqual([ids[1]]);
        const { pending, delivered, dead, deadLetters } = await status();
        expect({ pending, delivered, dead }).toEqual({
          pending: 0,
          delivered: 1,
          dead: 1,
        });
        expect(deadLetters).toMatchObject([
          {
            eventId: ids[0],
            attempts: 1,
            error: expect.stringMatching(
              new RegExp(`^answered ${code}: No such \uFFFD type!{300,400}$`),
            ),
          },
        ]);
        // What a stranger says is for whoever looks, and not for the log.
        expect(logger.error.mock.calls).toEqual([
          [
            `Gave up sending an event of type t to sink after the first attempt: answered ${code}`,
          ],
        ]);
      },
    );

    it.each([401, 403, 404, 408, 425, 429, 301, 500, 503])(
      'has what comes after it wait where it may be taken later: %d',
      async code => {
        const { taken, status, stop } = await refuse(code);
        await pause(200);
        await stop();
        expect(taken()).toEqual([]);
        expect(await status()).toMatchObject({
          pending: 2,
          dead: 0,
          lastError: `answered ${code}`,
        });
      },
    );
  });

  it('holds what a transaction that fails would have told as little as its facts', async () => {
    const facts = {
      serviceRef: CHECKOUT,
      attempts: [],
      deployments: [],
      attributions: [],
      incidents: [
        {
          id: 'INC-9',
          serviceRef: CHECKOUT,
          openedAt: Date.now(),
          reopened: false,
          tier: 'production',
          noneToBlame: false,
          source: 'pagerduty',
          sample: true,
        },
      ],
    };
    const count = async () =>
      Number((await knex('outgoing_event').count())[0].count);
    const before = await count();
    const derived = [{ serviceId: 1, facts: facts as never }];
    await expect(
      knex.transaction(async tx => {
        await store().record(tx, derived);
        throw new Error('crash');
      }),
    ).rejects.toThrow('crash');
    expect(await count()).toBe(before);
    await knex.transaction(tx => store().record(tx, derived));
    await knex.transaction(tx => store().record(tx, derived));
    expect(await count()).toBe(before + 1);
    const { event } = await knex('outgoing_event')
      .orderBy('id', 'desc')
      .first();
    expect(JSON.parse(event)).toMatchObject({ sampledata: 'true' });
  });

  it('forgets what is old', async () => {
    await knex('outgoing_event').update({
      created_at: new Date(Date.now() - 2 * 86_400_000),
    });
    await store().prune();
    expect(await knex('outgoing_event')).toEqual([]);
    expect(await knex('outgoing_delivery')).toEqual([]);
  });
});
