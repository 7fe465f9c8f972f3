import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import mcpActions from '@backstage/plugin-mcp-actions-backend';
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

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const CHECKOUT = 'component:default/checkout';
const WINDOW = { from: '2026-05-01', to: '2026-05-29' };
const at = (day: number, hour = 12) =>
  new Date(Date.UTC(2026, 4, day, hour)).toISOString();
const INES = mockCredentials.user.header('user:default/ines.duarte');
const STRANGER = mockCredentials.user.header('user:default/stranger');

const checkout = component('checkout', {
  'pavedroad.dev/repository': 'payments/checkout',
});
checkout.relations!.push({
  type: 'ownedBy',
  targetRef: 'user:default/ines.duarte',
});
const config = {
  app: { baseUrl: 'http://portal.example.com' },
  backend: { actions: { pluginSources: ['dora'] } },
};

/** Eight deployments of one change each, of which one failed. */
function story(): Record<string, unknown>[] {
  const days = [1, 2, 3, 4, 5, 6, 7, 8];
  return [
    linearCommits(
      'payments/checkout',
      days.map(day => ({ id: sha(`a${day}`), committedAt: at(day, 10) })),
    ),
    cloudEvent('dev.pavedroad.source.declared.0.1.0', {
      entityRef: CHECKOUT,
      provides: 'incidents',
      since: at(1, 0),
    }),
    ...days.map(day => deployed(CHECKOUT, sha(`a${day}`), at(day))),
    incident('detected', CHECKOUT, 'outage', at(8, 13)),
    incident('resolved', CHECKOUT, 'outage', at(8, 15)),
  ];
}

describe('actions for agents', () => {
  let dora: RunningDora;
  const audited: string[] = [];
  beforeAll(async () => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [checkout, user('ines.duarte', 'Inês Duarte')],
      config,
      features: [
        mcpActions,
        mockServices.auditor.mock({
          createEvent: async ({ eventId, meta }) => ({
            success: async () => {
              audited.push(`${eventId} ${meta?.action} succeeded`);
            },
            fail: async ({ error }) => {
              audited.push(`${eventId} ${meta?.action} ${error.name}`);
            },
          }),
        }).factory,
      ],
    });
    await dora.send(story());
    await dora.settled();
    audited.length = 0;
  });
  afterAll(async () => {
    await dora.stop();
  });

  const invoke = (action: string, input: object, as = INES, of = dora) =>
    request(of.server)
      .post(`/api/dora/.backstage/actions/v1/actions/dora:${action}/invoke`)
      .set('authorization', as)
      .send(input);

  it('answer metrics as the route does, the series only when it is asked for', async () => {
    const asked = { entityRef: CHECKOUT, ...WINDOW };
    const { body: route } = await dora.get(
      `/metrics?${new URLSearchParams(asked)}`,
    );
    const { series, ...rest } = route;
    const short = await invoke('get-delivery-metrics', asked);
    expect(short.body.output).toEqual(rest);
    const long = await invoke('get-delivery-metrics', {
      ...asked,
      series: true,
    });
    expect(long.body.output.series).toEqual(series);
    expect(series).toHaveLength(5);
  });

  it('list deployments page by page, and open one', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await invoke('list-deployments', {
        ...WINDOW,
        limit: 3,
        ...(cursor && { cursor }),
      });
      seen.push(
        ...body.output.items.map(
          ({ revision }: { revision: string }) => revision,
        ),
      );
      cursor = body.output.nextCursor;
    } while (cursor);
    expect(seen).toEqual([8, 7, 6, 5, 4, 3, 2, 1].map(day => sha(`a${day}`)));

    const failed = await invoke('list-deployments', {
      ...WINDOW,
      outcome: 'failed',
    });
    const [item] = failed.body.output.items;
    expect(item.link).toBe(
      `http://portal.example.com/delivery?scope=component%3Adefault%2Fcheckout&deployment=${item.id}`,
    );
    const one = await invoke('get-deployment', { id: item.id });
    expect(one.body.output).toMatchObject({
      outcome: 'failed',
      attributions: [{ method: 'time_proximity', blames: 'this' }],
      permissions: { attribute: true },
    });
  });

  it('explain a rate: what it counts, how sure it is, and the rows behind it', async () => {
    const asked = { metric: 'changeFailRate', entityRef: CHECKOUT, ...WINDOW };
    const action = await invoke('explain-delivery-metric', asked);
    const route = await dora.get(`/explain?${new URLSearchParams(asked)}`);
    expect(route.status).toBe(200);
    expect(action.body.output).toEqual(route.body);
    expect(route.body).toMatchObject({
      metric: 'changeFailRate',
      summary: 'Change fail rate: 1 of 8, 13 %.',
      definition: { version: 1, environment: 'production' },
      status: 'ok',
      unit: 'share',
      value: 0.125,
      numerator: 1,
      denominator: 8,
      sample: { size: 8, of: 'deployments' },
      confidenceInterval: { level: 0.95, method: 'Wilson' },
      comparison: {
        verdict: 'insufficient_data',
        test: expect.stringContaining('Newcombe'),
        summary: 'Not enough data to say whether it changed.',
      },
      rows: {
        filter: { kind: 'change', outcome: 'failed', failureData: true },
        total: 1,
        items: [{ revision: sha('a8'), outcome: 'failed' }],
      },
      link: 'http://portal.example.com/delivery?scope=component%3Adefault%2Fcheckout&from=2026-05-01&until=2026-05-28&timeZone=UTC&environment=production',
    });
    expect(route.body.definition.text).toMatch(/at most once/);
    expect(route.body.rows.items[0].link).toContain(
      `&deployment=${route.body.rows.items[0].id}`,
    );
    expect(route.body.rows.link).toContain(
      'tab=deployments&from=2026-05-01&until=2026-05-28&timeZone=UTC&environment=production&kind=change&outcome=failed&failureData=true',
    );
  });

  it('explain lead time: its bottleneck, and what is left out', async () => {
    const { body } = await dora.get(
      `/explain?metric=changeLeadTime&rows=2&${new URLSearchParams(WINDOW)}`,
    );
    expect(body).toMatchObject({
      summary: 'Change lead time: 2 h in the median.',
      unit: 'seconds',
      value: 7200,
      sample: { size: 7, of: 'changes' },
      bottleneck: { shareOfTotal: 1, p50Seconds: 7200 },
      excluded: [
        {
          reason: 'first_deployment',
          changes: 1,
          text: expect.stringContaining('first deployment'),
        },
      ],
      rows: { total: 8 },
    });
    expect(body.rows.items).toHaveLength(2);
  });

  it('tell no data from zero', async () => {
    const { body } = await dora.get(
      '/explain?metric=deploymentReworkRate&from=2026-01-01&to=2026-02-01',
    );
    expect(body.value).toBeUndefined();
    expect(body.summary).toMatch(/no data, which is not the same as zero/);
  });

  it.each([
    ['get-delivery-metrics', { from: '2026-05-02', to: '2026-05-01' }, 400],
    ['get-delivery-metrics', { timeZone: 'Nowhere' }, 400],
    ['get-delivery-metrics', { entityRef: 'component:default/none' }, 404],
    ['get-delivery-metrics', { entityRef: 'a\u0000b' }, 400],
    ['list-deployments', { cursor: 'xyz' }, 400],
    ['list-deployments', { limit: 0 }, 400],
    ['get-deployment', { id: 'nothing' }, 404],
    ['get-deployment', {}, 400],
    ['explain-delivery-metric', { metric: 'happiness' }, 400],
    ['attribute-failure', { deploymentId: 'nothing', reason: 'x' }, 404],
    ['attribute-failure', { deploymentId: 'nothing' }, 400],
    ['withdraw-failure-attribution', { deploymentId: 'd1' }, 400],
  ])('%s refuses %j with %i', async (action, input, status) => {
    const answer = await invoke(action, input);
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).toEqual(expect.any(String));
  });

  it.each(['metric=happiness', 'metric=changeFailRate&rows=51', ''])(
    'the route refuses ?%s',
    async query => {
      expect((await dora.get(`/explain?${query}`)).status).toBe(400);
    },
  );

  it('correct in the name of the caller, who must own the service, and leave a trace', async () => {
    const { body } = await invoke('list-deployments', {
      ...WINDOW,
      outcome: 'ok',
      limit: 1,
    });
    const deploymentId = body.output.items[0].id;
    const said = { deploymentId, reason: 'It lost orders' };
    audited.length = 0;
    const denied = await invoke('attribute-failure', said, STRANGER);
    expect(denied.status).toBe(403);
    expect(denied.body.error.message).toMatch(/Only owners/);

    const first = await invoke('attribute-failure', said);
    expect(first.body.output).toMatchObject({
      serviceRef: CHECKOUT,
      recorded: true,
    });
    const again = await invoke('attribute-failure', said);
    expect(again.body.output).toEqual({
      ...first.body.output,
      recorded: false,
    });
    const detail = await dora.get(`/deployments/${deploymentId}`);
    expect(detail.body.attributions).toMatchObject([
      {
        state: 'live',
        author: { kind: 'person', displayName: 'Inês Duarte' },
      },
    ]);
    const back = { deploymentId, reason: 'It did not' };
    expect(
      (await invoke('withdraw-failure-attribution', back, STRANGER)).status,
    ).toBe(403);
    const withdrawn = await invoke('withdraw-failure-attribution', back);
    expect(withdrawn.body.output.attributionIds).toEqual(
      first.body.output.attributionIds,
    );
    expect(audited).toEqual([
      'failure-attribution attribute NotAllowedError',
      'failure-attribution attribute succeeded',
      'failure-attribution attribute succeeded',
      'failure-attribution withdraw NotAllowedError',
      'failure-attribution withdraw succeeded',
    ]);
  });

  it('are answered for programs, but corrections are for people', async () => {
    const program = mockCredentials.service.header();
    const read = await invoke('get-delivery-metrics', WINDOW, program);
    expect(read.status).toBe(200);
    const { body } = await invoke('list-deployments', WINDOW, program);
    const said = {
      deploymentId: body.output.items[0].id,
      reason: 'It lost orders',
    };
    for (const action of [
      'attribute-failure',
      'withdraw-failure-attribution',
    ]) {
      const denied = await invoke(action, said, program);
      expect(denied.status).toBe(403);
      expect(denied.body.error.message).toMatch(/in the name of a person/);
    }
  });

  /** Speaks MCP over HTTP to the endpoint of the portal. */
  const mcp = async (method: string, params: object, as = INES) => {
    const response = await request(dora.server)
      .post('/api/mcp-actions/v1')
      .set('authorization', as)
      .set('accept', 'application/json, text/event-stream')
      .send({ jsonrpc: '2.0', id: 1, method, params });
    const data = response.text
      .split('\n')
      .find(line => line.startsWith('data: '));
    return JSON.parse(data?.slice('data: '.length) ?? response.text);
  };

  it('are found and called over the portal’s MCP endpoint', async () => {
    const initialized = await mcp('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    });
    expect(initialized.result.capabilities.tools).toBeDefined();

    const { result: listed } = await mcp('tools/list', {});
    const hints = Object.fromEntries(
      listed.tools.map(
        (tool: { name: string; annotations: Record<string, boolean> }) => [
          tool.name,
          [
            tool.annotations.readOnlyHint && 'reads',
            tool.annotations.destructiveHint && 'destroys',
            tool.annotations.idempotentHint && 'idempotent',
          ].filter(Boolean),
        ],
      ),
    );
    expect(hints).toEqual({
      'dora.get-delivery-metrics': ['reads', 'idempotent'],
      'dora.list-deployments': ['reads', 'idempotent'],
      'dora.get-deployment': ['reads', 'idempotent'],
      'dora.explain-delivery-metric': ['reads', 'idempotent'],
      'dora.attribute-failure': ['idempotent'],
      'dora.withdraw-failure-attribution': ['destroys', 'idempotent'],
    });

    const { result } = await mcp('tools/call', {
      name: 'dora.explain-delivery-metric',
      arguments: { metric: 'changeFailRate', ...WINDOW },
    });
    expect(result.content[0].text).toContain('Change fail rate: 1 of 8, 13 %');

    const refused = await mcp('tools/call', {
      name: 'dora.get-delivery-metrics',
      arguments: { from: '2026-05-02', to: '2026-05-01' },
    });
    expect(refused.result.isError).toBe(true);
    expect(refused.result.content[0].text).toMatch(/window is reversed/);

    const program = await mcp(
      'tools/call',
      {
        name: 'dora.attribute-failure',
        arguments: { deploymentId: 'd1', reason: 'x' },
      },
      mockCredentials.service.header(),
    );
    expect(program.result.isError).toBe(true);
    expect(program.result.content[0].text).toMatch(/in the name of a person/);
  });

  it('are closed to those without permission, and not even shown', async () => {
    const closed = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [checkout],
      config,
      permission: AuthorizeResult.DENY,
    });
    try {
      const statuses = await Promise.all(
        [
          'get-delivery-metrics',
          'list-deployments',
          'get-deployment',
          'explain-delivery-metric',
          'attribute-failure',
          'withdraw-failure-attribution',
        ].map(
          async action =>
            (
              await invoke(
                action,
                {
                  id: 'd1',
                  deploymentId: 'd1',
                  reason: 'x',
                  metric: 'changeFailRate',
                },
                INES,
                closed,
              )
            ).status,
        ),
      );
      // What may not be seen is not there.
      expect(statuses.every(status => status === 403 || status === 404)).toBe(
        true,
      );
      const { body } = await request(closed.server)
        .get('/api/dora/.backstage/actions/v1/actions')
        .set('authorization', INES);
      expect(body.actions).toEqual([]);
      expect((await closed.get('/explain?metric=changeFailRate')).status).toBe(
        403,
      );
    } finally {
      await closed.stop();
    }
  });
});
