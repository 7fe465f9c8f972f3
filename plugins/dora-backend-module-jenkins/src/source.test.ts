import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigReader } from '@backstage/config';
import { RawDeliveryEvent, WebhookRequest } from '@pavedroad/plugin-dora-node';
import fc from 'fast-check';
import { readJenkinsOptions } from './options';
import { createJenkinsSource } from './source';

const fixture = (name: string) =>
  readFileSync(join(__dirname, '__fixtures__', `${name}.txt`));
const COMMIT = '5f0c1d6f6a4b8a3b5a6a1d0b2c3d4e5f60718293';
const RUN =
  'https://jenkins.fernhill.example/job/payments/job/deploy-checkout-production/42/';
const RULES = {
  deployments: [
    {
      job: 'payments/deploy-(?<service>[a-z]+)-(?<environment>[a-z]+)',
      artifact: 'pkg:oci/{service}@{parameter.VERSION}',
    },
    { job: 'roll-back', service: 'component:default/checkout', rollback: true },
  ],
  builds: [
    { job: 'payments/(?<app>[^/]+)/main', artifact: 'pkg:oci/{app}@{number}' },
  ],
};

const sourceOf = (jenkins: object) =>
  createJenkinsSource(
    readJenkinsOptions(new ConfigReader({ dora: { jenkins } })),
  );
const request = (
  body: Buffer | string,
  headers: WebhookRequest['headers'] = {},
): WebhookRequest => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(body),
  receivedAt: '2026-05-01T12:00:08.000Z',
});
const received = (name: string, source = sourceOf(RULES)) =>
  source.webhook!.receive(request(fixture(name)))[0];
/** What the data of a fixture is, to send it in another form. */
const dataOf = (name: string) =>
  received(name).data as {
    context: Record<string, string>;
    customData: { build: Record<string, unknown>; url: string };
    subject: { content: Record<string, unknown> };
  };

describe('the webhook', () => {
  const basic = (user: string, password: string) =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  it.each([
    ['the password of basic authentication', basic('jenkins', 'se:cret'), true],
    ['any user name', basic('', 'se:cret'), true],
    ['a bearer token', 'Bearer se:cret', true],
    ['a wrong password', basic('jenkins', 'secret'), false],
    ['a wrong token', 'Bearer other', false],
    ['another scheme', 'Digest se:cret', false],
    ['nothing', undefined, false],
  ])('is asked with %s', async (_, authorization, expected) => {
    const { webhook } = sourceOf({ token: 'se:cret' });
    const asked = request('{}', { authorization });
    expect(await webhook!.verify(asked)).toBe(expected);
    expect(webhook!.challenge).toMatch(/^Basic /);
  });

  it('wants the user name when one is configured, and nothing at all without a token', async () => {
    const named = sourceOf({ token: 't', username: 'jenkins' }).webhook!;
    const authorization = (user: string) =>
      request('{}', { authorization: basic(user, 't') });
    expect(await named.verify(authorization('jenkins'))).toBe(true);
    expect(await named.verify(authorization('other'))).toBe(false);
    const open = sourceOf({});
    expect(open.configured).toBe(false);
    for (const header of ['Bearer ', 'Bearer undefined', basic('', '')]) {
      const asked = request('{}', { authorization: header });
      expect(await open.webhook!.verify(asked)).toBe(false);
    }
  });

  it('reads what the HTTP sink writes: the Java text of a CloudEvent', () => {
    expect(received('pipelinerun-finished')).toEqual({
      id: 'c17e0a52-3c41-4b57-9a55-0c5f0d9a41e3',
      source: '/webhooks/jenkins',
      type: 'dev.cdevents.pipelinerun.finished.0.1.0',
      time: '2026-05-01T12:00:07.123Z',
      data: expect.objectContaining({
        subject: expect.objectContaining({ id: '42' }),
      }),
      extensions: {},
      sample: false,
      receivedAt: '2026-05-01T12:00:08.000Z',
    });
    // Bytes beyond ASCII are negative numbers in Java.
    expect(JSON.stringify(received('pipelinerun-queued').data)).toContain(
      'Started by user Inês Duarte',
    );
  });

  it('reads the same event in the modes of the CloudEvents binding, and bare', () => {
    const known = received('pipelinerun-finished');
    const { id, type, time, data } = known;
    const attributes = { id, type, time, source: 'job/x/42/' };
    const { webhook } = sourceOf(RULES);
    const structured = { specversion: '1.0', ...attributes, data };
    expect(webhook!.receive(request(JSON.stringify(structured)))).toEqual([
      known,
    ]);
    const headers = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]),
    );
    expect(webhook!.receive(request(JSON.stringify(data), headers))).toEqual([
      known,
    ]);
    const [bare] = webhook!.receive(request(JSON.stringify(data)));
    // Without an envelope its moment is the receipt: the context's is local time.
    expect(bare.time).toBeUndefined();
    expect(bare.data).toEqual(data);
  });

  it('keeps neither logs nor arguments of steps', () => {
    const kept = JSON.stringify(received('taskrun-finished'));
    expect(kept).not.toMatch(/hunter2|"log"|"arguments"/);
    expect(kept).toContain('Stage : End');
  });

  it.each([
    'CloudEvent{',
    "CloudEvent{id='1', source=x, type='y', extensions={}}",
    "CloudEvent{id='1', source=x, type='y', data=BytesCloudEventData{value=[1, 2]}, extensions={}}",
    "CloudEvent{id='1', source=x, type='y', data=BytesCloudEventData{value=[300]}, extensions={}}",
    'nonsense',
    '[]',
    '{"context":{}}',
    '',
  ])('refuses %j', body => {
    expect(() => sourceOf({}).webhook!.receive(request(body))).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});

describe('what becomes of a run', () => {
  const normalised = (name: string, jenkins: object = RULES) => {
    const source = sourceOf(jenkins);
    const event = received(name, source);
    expect(source.claims!(event)).toBe(true);
    return source.normalise(event);
  };
  const changed = (
    change: (data: ReturnType<typeof dataOf>) => void,
    jenkins: object = RULES,
    name = 'pipelinerun-finished',
  ) => {
    const source = sourceOf(jenkins);
    const event = received(name, source);
    const data = dataOf(name);
    change(data);
    return source.normalise({
      ...event,
      data: data as unknown as RawDeliveryEvent['data'],
    });
  };

  it('is a deployment where a rule names the job', () => {
    expect(normalised('pipelinerun-finished')).toEqual({
      outcome: 'accepted',
      events: [
        {
          type: 'deployment',
          service: {
            name: 'checkout',
            repository: 'https://git.fernhill.example/payments/checkout.git',
          },
          deploymentId: RUN,
          status: 'succeeded',
          at: '2026-05-01T12:00:07.123Z',
          startedAt: '2026-05-01T11:59:05.873Z',
          environment: 'production',
          artifact: 'pkg:oci/checkout@2.3.1',
          url: RUN,
        },
      ],
    });
  });

  it('is the same deployment from its beginning', () => {
    expect(normalised('pipelinerun-started')).toMatchObject({
      events: [{ deploymentId: RUN, status: 'running' }],
    });
  });

  it('is a deployment where parameters say so', () => {
    const parameters = {
      DORA_SERVICE: 'Component:default/Checkout',
      DORA_ENVIRONMENT: 'staging',
      DORA_REVISION: 'v2.3.1',
      DORA_ROLLBACK: 'true',
    };
    expect(
      changed(data => {
        data.customData.build.parameters = parameters;
      }, {}),
    ).toMatchObject({
      events: [
        {
          service: { entityRef: 'component:default/checkout' },
          environment: 'staging',
          revision: 'v2.3.1',
          rollback: true,
        },
      ],
    });
  });

  it('takes the commit that was built where nothing else names a revision', () => {
    const result = changed(() => {}, {
      deployments: [{ job: '.*checkout.*', environment: 'production' }],
    });
    expect(result).toMatchObject({ events: [{ revision: COMMIT }] });
    expect(JSON.stringify(result)).not.toContain('artifact');
  });

  it.each([
    ['SUCCESS', 'success', 'succeeded'],
    ['UNSTABLE', 'success', 'succeeded'],
    ['FAILURE', 'error', 'failed'],
    ['ABORTED', 'failure', 'canceled'],
    ['NOT_BUILT', 'failure', 'canceled'],
    [undefined, 'error', 'failed'],
  ])(
    'reads the result %s with the outcome %s as %s',
    (result, outcome, status) => {
      expect(
        changed(data => {
          data.customData.build.status = result;
          data.subject.content.outcome = outcome;
        }),
      ).toMatchObject({ events: [{ status }] });
    },
  );

  it('is a build where a rule says so', () => {
    expect(normalised('build-finished')).toEqual({
      outcome: 'accepted',
      events: [
        {
          type: 'build',
          artifact: 'pkg:oci/checkout@311',
          revision: COMMIT,
          finishedAt: '2026-05-01T12:00:07.123Z',
          url: 'https://jenkins.fernhill.example/job/payments/job/checkout/job/main/311/',
        },
      ],
    });
    expect(
      changed(
        data => {
          data.customData.build.status = 'FAILURE';
        },
        RULES,
        'build-finished',
      ).outcome,
    ).toBe('ignored');
  });

  it.each([
    ['pipelinerun-queued', RULES, /waits/],
    ['taskrun-finished', RULES, /stage/],
    ['pipelinerun-finished', {}, /no entry of dora.jenkins.deployments/],
    [
      'pipelinerun-finished',
      { deployments: [{ job: '.*' }] },
      /names no environment/,
    ],
    ['build-finished', { builds: [{ job: '.*' }] }, /names no artifact/],
  ])('ignores %s and says why', (name, jenkins, reason) => {
    expect(normalised(name, jenkins)).toEqual({
      outcome: 'ignored',
      reason: expect.stringMatching(reason),
    });
  });

  it('leaves CDEvents of others alone', () => {
    const source = sourceOf(RULES);
    const event = received('pipelinerun-finished');
    const others: Partial<RawDeliveryEvent>[] = [
      { type: 'dev.cdevents.service.deployed.0.1.1' },
      { data: { subject: { id: 'x' }, customData: {} } },
      {
        data: {
          customData: { build: { number: 1, queueId: 2 }, deployment: {} },
        },
      },
      { data: undefined },
      { data: 'text' },
    ];
    for (const other of others) {
      expect(source.claims!({ ...event, ...other })).toBe(false);
    }
    expect(source.understands(event.type)).toBe(false);
  });

  it('refuses patterns that are none at start', () => {
    expect(() => sourceOf({ deployments: [{ job: '(' }] })).toThrow(
      /not a regular expression/,
    );
  });

  it('reads whatever is in the data without throwing, and the same twice', () => {
    const source = sourceOf(RULES);
    const base = received('pipelinerun-finished');
    const paths = (value: unknown, prefix: string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, member]) => [
            [...prefix, key],
            ...paths(member, [...prefix, key]),
          ])
        : [];
    const all = paths(base.data);
    fc.assert(
      fc.property(
        fc.nat(),
        fc.oneof(
          fc.jsonValue({ maxDepth: 3 }),
          fc.constantFrom('', '__proto__', 'job/', 'job/%zz/', -1, 1e308),
        ),
        (pick, value) => {
          const mutated = JSON.parse(JSON.stringify(base)) as RawDeliveryEvent;
          const path = all[pick % all.length];
          let holder = mutated.data as unknown as Record<string, unknown>;
          for (const key of path.slice(0, -1)) {
            holder = holder[key] as Record<string, unknown>;
          }
          holder[path[path.length - 1]] = value;
          source.claims!(mutated);
          const result = source.normalise(mutated);
          expect(['accepted', 'ignored', 'rejected']).toContain(result.outcome);
          expect(source.normalise(mutated)).toEqual(result);
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('reads whatever is in a body without throwing anything but what is answered 400', () => {
    const { webhook } = sourceOf(RULES);
    const body = fixture('pipelinerun-finished');
    fc.assert(
      fc.property(
        fc.nat({ max: body.length }),
        fc.nat({ max: 40 }),
        fc.uint8Array({ maxLength: 10 }),
        (at, removed, inserted) => {
          const mutated = Buffer.concat([
            body.subarray(0, at),
            Buffer.from(inserted),
            body.subarray(at + removed),
          ]);
          const outcome = () => {
            try {
              return webhook!.receive(request(mutated)).length;
            } catch (error) {
              return (error as Error).name;
            }
          };
          expect([1, 'InputError']).toContain(outcome());
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
