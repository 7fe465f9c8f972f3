import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import {
  component,
  deployed,
  incident,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(60_000);

const WINDOW = 'from=2026-04-01T00:00:00Z&to=2026-06-01T00:00:00Z';

const revision = (service: number, number: number) =>
  sha(`${service}a${number.toString(16)}f`);

describe('questions for figures', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let knex: Knex;
  let dora: RunningDora;

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      knex,
      entities: [
        component('checkout', { 'pavedroad.dev/repository': 'shop/checkout' }),
        component('search', { 'pavedroad.dev/repository': 'shop/search' }),
        component('idle'),
      ],
    });
    await dora.send([
      ...['checkout', 'search'].map((service, s) =>
        linearCommits(
          `shop/${service}`,
          Array.from({ length: 12 }, (_, i) => ({
            id: revision(s, i),
            committedAt: new Date(Date.UTC(2026, 3, 2 + i * 2)).toISOString(),
          })),
        ),
      ),
      ...Array.from({ length: 12 }, (_, i) =>
        deployed(
          'checkout',
          revision(0, i),
          new Date(Date.UTC(2026, 3, 2 + i * 2, 2 + i)).toISOString(),
        ),
      ),
      ...[3, 7].map(i =>
        deployed(
          'search',
          revision(1, i),
          new Date(Date.UTC(2026, 3, 20 + i)).toISOString(),
        ),
      ),
      incident('detected', 'checkout', 'i1', '2026-04-10T07:00:00Z'),
      incident('resolved', 'checkout', 'i1', '2026-04-10T08:00:00Z'),
    ]);
    await dora.settled();
  });

  afterAll(() => dora?.stop());

  it('compare with another scope over the same window', async () => {
    const { body, status } = await dora.get(
      `/metrics?entityRef=component:default/checkout&compareEntityRef=component:default/search&${WINDOW}`,
    );
    expect(status).toBe(200);
    expect(body.comparison).toMatchObject({
      window: body.window && { from: body.window.from, to: body.window.to },
      scope: { entityRef: 'component:default/search', services: 1 },
      metrics: { deploymentFrequency: { deployments: 2 } },
      verdicts: { changeLeadTime: 'insufficient_data' },
    });
    expect(body.metrics.deploymentFrequency.deployments).toBe(12);
    const alone = await dora.get(`/metrics?${WINDOW}`);
    expect(alone.body.comparison.scope).toBeUndefined();
    expect(alone.body.metrics.deploymentFrequency.deployments).toBe(14);
  });

  it('show the distribution of lead times that the percentiles are of', async () => {
    const { body, status } = await dora.get(`/lead-times?${WINDOW}`);
    expect(status).toBe(200);
    const metrics = await dora.get(`/metrics?${WINDOW}`);
    const { changes, p50Seconds, p90Seconds } =
      metrics.body.metrics.changeLeadTime;
    expect(body).toMatchObject({
      scope: { services: 3 },
      status: 'ok',
      changes,
      p50Seconds,
      p90Seconds,
      maxRelativeError: 0,
    });
    const counts = body.buckets.map((b: { changes: number }) => b.changes);
    expect(counts.reduce((a: number, b: number) => a + b)).toBe(changes);
    expect(body.buckets.length).toBeLessThanOrEqual(60);
    for (let i = 1; i < body.buckets.length; i++) {
      expect(body.buckets[i].fromSeconds).toBe(body.buckets[i - 1].toSeconds);
    }
    const idle = await dora.get(
      `/lead-times?entityRef=component:default/idle&${WINDOW}`,
    );
    expect(idle.body).toMatchObject({
      status: 'no_data',
      changes: 0,
      buckets: [],
    });
    expect(idle.body).not.toHaveProperty('p50Seconds');
  });

  it('give the series and the services as CSV', async () => {
    const series = await dora.get(
      `/metrics?${WINDOW}&interval=month&format=csv`,
    );
    expect(series.headers['content-type']).toMatch(/^text\/csv/);
    const [header, ...lines] = series.text.trimEnd().split('\r\n');
    expect(lines).toHaveLength(2);
    const columns = header.split(',');
    const april = Object.fromEntries(
      lines[0].split(',').map((value, i) => [columns[i], value]),
    );
    expect(april).toMatchObject({
      from: '2026-04-01T00:00:00.000Z',
      deployments: '14',
      failed_deployments: '1',
      recovered: '1',
      environment: 'production',
      sample_data: 'false',
    });
    expect(lines[1].split(',')[columns.indexOf('deployments')]).toBe('0');
    expect(lines[1].split(',')[columns.indexOf('lead_time_p50_seconds')]).toBe(
      '',
    );

    const services = await dora
      .get(`/services?${WINDOW}`)
      .set('accept', 'text/csv');
    expect(
      services.text
        .trimEnd()
        .split('\r\n')
        .map(line => line.split(',')[0]),
    ).toEqual([
      'service',
      'component:default/checkout',
      'component:default/idle',
      'component:default/search',
    ]);
  });

  it.each([
    '/metrics',
    '/lead-times',
    '/services',
    '/deployments',
    '/incidents',
    '/environments',
    '/explain?metric=changeLeadTime',
  ])('name the version of the definitions at %s', async path => {
    const { body, status } = await dora.get(path);
    expect([status, body.definition]).toEqual([
      200,
      expect.objectContaining({ version: 1 }),
    ]);
  });

  it.each(['/metrics', '/services', '/deployments', '/incidents'])(
    'name it in the CSV of %s, too',
    async path => {
      const { text } = await dora.get(`${path}?${WINDOW}&format=csv`);
      const [header, line] = text.split('\r\n').map(row => row.split(','));
      expect(line[header.indexOf('definition_version')]).toBe('1');
    },
  );

  const BAD: [string, string][] = [
    ['an unknown zone', 'timeZone=Mars/Olympus'],
    ['an offset for a zone', 'timeZone=%2B02:00'],
    ['an empty window', 'from=2026-05-01T00:00:00Z&to=2026-05-01T00:00:00Z'],
    ['a reversed window', 'from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z'],
    ['a window of centuries', 'from=1970-01-01&to=2190-01-01'],
    ['a moment that is none', 'from=2026-02-30T00:00:00Z'],
    ['an entity that is none', 'entityRef=:::'],
    ['an entity of another kind', 'entityRef=user:default/guest'],
    ['an unknown parameter', 'frm=2026-05-01'],
    ['a parameter twice', 'from=2026-05-01&from=2026-05-02'],
    ['an unknown format', 'format=xlsx'],
  ];
  const COMPARED: [string, string][] = [
    ['an unknown interval', 'interval=fortnight'],
    ['half a comparison', 'compareFrom=2026-05-01'],
    ['a reversed comparison', 'compareFrom=2026-05-02&compareTo=2026-05-01'],
    ['another scope that is none', 'compareEntityRef=:::'],
    ['another scope of another kind', 'compareEntityRef=user:default/guest'],
  ];
  it.each([
    ...['/metrics', '/lead-times', '/services', '/deployments'].flatMap(route =>
      BAD.map(([what, query]) => [route, what, query]),
    ),
    ...COMPARED.map(([what, query]) => ['/metrics', what, query]),
    ['/deployments', 'a cursor that is none', 'cursor=xyz'],
    ['/deployments', 'a page of none', 'limit=0'],
  ])('%s answers 400 to %s', async (route, _, query) => {
    const response = await dora.get(`${route}?${query}`);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      error: { name: 'InputError', message: expect.any(String) },
      response: { statusCode: 400 },
    });
  });

  it('answers 404 when the other scope is not in the catalog', async () => {
    const { status } = await dora.get(
      '/metrics?compareEntityRef=component:default/none',
    );
    expect(status).toBe(404);
  });

  it('does not take the time before a source was connected for silence', async () => {
    const verdict = async (query: string) =>
      (await dora.get(`/metrics?entityRef=component:default/checkout&${query}`))
        .body.comparison.verdicts.deploymentFrequency;
    // All of its deployments are from 2 to 25 April, the first of them the day it was connected.
    expect(await verdict('from=2026-04-01&to=2026-04-25')).toBe(
      'insufficient_data',
    );
    expect(await verdict('from=2026-04-14&to=2026-04-26')).toBe(
      'no_evidence_of_change',
    );
    expect(
      await verdict(
        'from=2026-04-26&to=2026-05-26&compareFrom=2026-04-02&compareTo=2026-04-26',
      ),
    ).toBe('changed');
  });

  it('says that nothing was ever deployed to an environment, which is 0 all the same', async () => {
    const ask = async (query: string) => {
      const { body } = await dora.get(`/metrics?${WINDOW}&${query}`);
      return {
        frequency: body.metrics.deploymentFrequency,
        note: body.dataQuality.find(
          ({ code }: { code: string }) => code === 'nothing_deployed_there',
        ),
      };
    };
    const services = ['component:default/checkout', 'component:default/search'];
    // The second is the tier of none of their environments.
    for (const environment of ['mars', 'staging']) {
      expect(await ask(`environment=${environment}`)).toEqual({
        frequency: expect.objectContaining({ status: 'ok', deployments: 0 }),
        note: { code: 'nothing_deployed_there', services },
      });
    }
    expect((await ask('environment=production')).note).toBeUndefined();
    expect(await ask('entityRef=component:default/idle')).toEqual({
      frequency: { status: 'no_data' },
      note: undefined,
    });
    const table = () => dora.get(`/services?${WINDOW}&environment=mars`);
    expect((await table()).body.dataQuality).toContainEqual({
      code: 'nothing_deployed_there',
      services,
    });
    await dora.send([
      deployed('checkout', revision(0, 0), '2026-03-01T12:00:00Z', {
        environment: 'Mars',
      }),
    ]);
    await dora.settled();
    expect((await ask('environment=mars')).note).toBeUndefined();
    expect((await table()).body.dataQuality ?? []).not.toContainEqual(
      expect.objectContaining({ code: 'nothing_deployed_there' }),
    );
    expect(
      (await ask('environment=mars&entityRef=component:default/search')).note,
    ).toEqual({ code: 'nothing_deployed_there', services: [services[1]] });
  });
});
