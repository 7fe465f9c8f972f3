import { createHmac } from 'node:crypto';
import {
  outcomeOf,
  parseWebhookBody,
  requiredMoment,
  requiredText,
  objectAt,
} from '../reading';
import {
  DeliveryEventSource,
  RawDeliveryEvent,
  WebhookRequest,
} from '../types';
import {
  FuzzOptions,
  fuzzSource,
  mutatedEvents,
  mutatedRequests,
} from './fuzzSource';

jest.setTimeout(120_000);

const sign = (body: Buffer) =>
  createHmac('sha256', 'secret').update(body).digest('hex');
const PAYLOAD = {
  id: 'incident-1',
  at: '2026-05-01T12:00:00Z',
  title: 'Slow',
  labels: ['a', 'b'],
};

/** A source without fault, and with the given ones. */
function source(
  faults: Partial<Pick<DeliveryEventSource, 'normalise'>> &
    Partial<NonNullable<DeliveryEventSource['webhook']>> = {},
): DeliveryEventSource {
  const { normalise, ...webhook } = faults;
  return {
    id: 'sample',
    normaliserVersion: 1,
    understands: () => true,
    normalise:
      normalise ??
      (event =>
        outcomeOf(() => {
          const data = objectAt(event.data);
          return [
            {
              type: 'incident',
              incidentId: requiredText('id', data.id),
              action: 'opened',
              at: requiredMoment('at', data.at),
            },
          ];
        })),
    webhook: {
      async verify({ headers, body }: WebhookRequest) {
        return headers['x-signature'] === sign(body);
      },
      receive: ({ body, receivedAt }) => [
        {
          id: sign(body),
          source: '/webhooks/sample',
          type: 'com.example.incident',
          data: parseWebhookBody(body),
          extensions: {},
          sample: false,
          receivedAt,
        },
      ],
      ...webhook,
    },
  };
}

const options = (tried: DeliveryEventSource): FuzzOptions => ({
  source: tried,
  webhooks: [{ name: 'opened', payload: PAYLOAD }],
  authentication: {
    coversBody: true,
    headers: body => ({ 'x-signature': sign(body) }),
  },
  mutations: 3_000,
});

const textOf = (event: RawDeliveryEvent, name: string) =>
  (event.data as Record<string, string> | undefined)?.[name];

describe('fuzzSource', () => {
  it('finds nothing wrong with a source that is right, twice alike', async () => {
    const report = await fuzzSource(options(source()));
    expect(report.cases).toBe(3_000);
    expect(report.accepted).toBeGreaterThan(300);
    expect(report.rejected).toBeGreaterThan(300);
    expect(report.refusedBodies).toBeGreaterThan(100);
    expect(report.refusedRequests).toBeGreaterThan(1_000);
    expect(await fuzzSource(options(source()))).toEqual(report);
    expect(await fuzzSource({ ...options(source()), seed: 2 })).not.toEqual(
      report,
    );
  });

  let calls = 0;
  it.each<[string, RegExp, Parameters<typeof source>[0]]>([
    [
      'throws at what is missing',
      /Cannot read properties|is not a function/,
      {
        normalise: event => ({
          outcome: 'ignored',
          reason: textOf(event, 'title')!.concat('!').slice(-3),
        }),
      },
    ],
    [
      'believes what it is given',
      /ill-formed: events\[0\]\.(incidentId|at) is/,
      {
        normalise: event => ({
          outcome: 'accepted',
          events: [
            {
              type: 'incident',
              incidentId: textOf(event, 'id') as string,
              action: 'opened',
              at: '2026-05-01T12:00:00Z',
            },
          ],
        }),
      },
    ],
    [
      'cuts texts within a character',
      /cannot be stored/,
      {
        normalise: event => ({
          outcome: 'ignored',
          reason: String(textOf(event, 'title')).slice(0, 500) || 'x',
        }),
      },
    ],
    [
      'answers otherwise the second time',
      /two results/,
      {
        normalise: () => ({ outcome: 'ignored', reason: `call ${calls++}` }),
      },
    ],
    [
      'changes its argument',
      /changes its argument/,
      {
        normalise: event => {
          objectAt(event.data).seen = true;
          return { outcome: 'ignored', reason: 'nothing' };
        },
      },
    ],
    [
      'knows a fourth outcome',
      /three outcomes/,
      { normalise: () => ({ outcome: 'lost', reason: 'x' } as never) },
    ],
    [
      'believes a signature that is absent',
      /verify accepts/,
      {
        verify: async ({ headers, body }) =>
          !headers['x-signature'] || headers['x-signature'] === sign(body),
      },
    ],
    [
      'believes the beginning of a signature',
      /verify accepts/,
      {
        verify: async ({ headers, body }) =>
          sign(body).startsWith(String(headers['x-signature'])),
      },
    ],
    [
      'takes a signature for any body',
      /accepts a changed body/,
      {
        verify: async ({ headers, body }) =>
          headers['x-signature'] ===
            sign(Buffer.from(JSON.stringify(PAYLOAD))) ||
          headers['x-signature'] === sign(body),
      },
    ],
    [
      'throws at a broken body',
      /Unexpected|JSON|without id/,
      {
        receive: ({ body, receivedAt }) => [
          {
            ...JSON.parse(body.toString('utf8')),
            source: '/webhooks/sample',
            type: 'com.example.incident',
            receivedAt,
          },
        ],
      },
    ],
    [
      'gives a delivery another id each time',
      /two delivery ids/,
      {
        receive: ({ body, receivedAt }) => [
          {
            ...source().webhook!.receive({ headers: {}, body, receivedAt })[0],
            id: `delivery ${calls++}`,
          },
        ],
      },
    ],
  ])('finds one that %s', async (_, problem, faults) => {
    await expect(fuzzSource(options(source(faults)))).rejects.toThrow(problem);
  });

  it('finds one that takes long', async () => {
    const slow = source({
      normalise: () => {
        const end = performance.now() + 30;
        while (performance.now() < end);
        return { outcome: 'ignored', reason: 'at last' };
      },
    });
    await expect(
      fuzzSource({ ...options(slow), slowestCall: 20 }),
    ).rejects.toThrow(/took \d+ ms/);
  });

  it('names the case that went wrong, which its seed gives again', async () => {
    const failing = options(
      source({
        normalise: event => {
          if (objectAt(event.data).at === undefined) {
            throw new Error('no moment');
          }
          return { outcome: 'ignored', reason: 'fine' };
        },
      }),
    );
    const messages = await Promise.all(
      [failing, failing].map(async tried =>
        fuzzSource(tried).then(String, error => error.message),
      ),
    );
    expect(messages[0]).toMatch(/^Case \d+ of seed 1 for sample: no moment/);
    expect(messages[1]).toBe(messages[0]);
  });

  it('refuses to try nothing', async () => {
    await expect(fuzzSource({ source: source() })).rejects.toThrow(/fixtures/);
    await expect(
      fuzzSource({ ...options(source()), authentication: undefined }),
    ).rejects.toThrow(/authentication/);
  });
});

describe('mutated requests and events', () => {
  it('are the same for the same seed, and mostly signed', () => {
    const { webhooks, authentication } = options(source());
    const make = (seed: number) =>
      mutatedRequests({
        webhooks: webhooks!,
        authentication: authentication!,
        count: 300,
        seed,
      });
    const texts = (seed: number) =>
      make(seed).map(({ headers, body }) => [
        ...Object.values(headers),
        sign(body),
      ]);
    expect(texts(3)).toEqual(texts(3));
    expect(texts(3)).not.toEqual(texts(4));
    for (const { headers, body, signed } of make(3)) {
      expect(headers['x-signature'] === sign(body)).toBe(signed);
    }
    const unsigned = make(3).filter(({ signed }) => !signed);
    expect(unsigned.length).toBeGreaterThan(10);
  });

  it('leave the fixtures as they are', () => {
    const event = source().webhook!.receive({
      headers: {},
      body: Buffer.from(JSON.stringify(PAYLOAD)),
      receivedAt: '2026-06-01T00:00:00.000Z',
    })[0];
    const before = JSON.stringify(event);
    const events = mutatedEvents({ events: [event], count: 500 });
    expect(JSON.stringify(event)).toBe(before);
    expect(
      new Set(events.map(item => JSON.stringify(item))).size,
    ).toBeGreaterThan(250);
  });
});
