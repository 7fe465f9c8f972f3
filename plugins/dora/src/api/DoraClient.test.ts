import { DoraClient } from './DoraClient';

const query = {
  entityRef: 'component:default/a b',
  from: '2026-01-01',
  to: '2026-02-01',
  timeZone: 'Europe/Lisbon',
  environment: 'production',
};

function client(answer: () => Response) {
  const asked: URL[] = [];
  return {
    asked,
    api: DoraClient.create({
      discoveryApi: { getBaseUrl: async id => `http://portal/api/${id}` },
      fetchApi: {
        fetch: async url => {
          asked.push(new URL(String(url)));
          return answer();
        },
      },
    }),
  };
}

describe('DoraClient', () => {
  it('asks for metrics with everything that decides them', async () => {
    const { api, asked } = client(() => Response.json({ sampleData: true }));
    await expect(
      api.getMetrics({ ...query, interval: 'week' }),
    ).resolves.toEqual({ sampleData: true });
    expect(asked[0].pathname).toBe('/api/dora/metrics');
    expect(Object.fromEntries(asked[0].searchParams)).toEqual({
      ...query,
      interval: 'week',
    });
  });

  it.each([
    ['getServices', '/api/dora/services'],
    ['getLeadTimes', '/api/dora/lead-times'],
    ['getSources', '/api/dora/sources'],
    ['getUnmapped', '/api/dora/unmapped'],
  ] as const)('%s asks %s', async (method, path) => {
    const { api, asked } = client(() => Response.json({ items: [] }));
    await expect(api[method](query)).resolves.toEqual({ items: [] });
    expect(asked[0].pathname).toBe(path);
    expect(asked[0].searchParams.get('environment')).toBe(
      path.match(/sources|unmapped/) ? null : 'production',
    );
  });

  it('asks for the comparison that was chosen', async () => {
    const { api, asked } = client(() => Response.json({}));
    await api.getMetrics({
      ...query,
      interval: 'day',
      compareEntityRef: 'group:default/payments',
    });
    expect(asked[0].searchParams.get('compareEntityRef')).toBe(
      'group:default/payments',
    );
    expect(asked[0].searchParams.has('compareFrom')).toBe(false);
  });

  it('leaves out what is not asked for', async () => {
    const { api, asked } = client(() => Response.json({ items: [] }));
    await api.getDeployments({ ...query, outcome: undefined, attempts: true });
    expect([...asked[0].searchParams.keys()]).not.toContain('outcome');
    expect(asked[0].searchParams.get('attempts')).toBe('true');
  });

  it('asks for all rows as CSV, not for a page of them', async () => {
    const { api, asked } = client(() => new Response('id\r\n'));
    await expect(
      api.getDeploymentsCsv({ ...query, cursor: 'c', limit: 20 }),
    ).resolves.toBe('id\r\n');
    expect(asked[0].searchParams.get('format')).toBe('csv');
    expect(asked[0].searchParams.has('cursor')).toBe(false);
  });

  it('asks for the changes of a deployment by page, and for all of them as CSV', async () => {
    const { api, asked } = client(() => new Response('{}'));
    await api.getDeploymentChanges('d 1', { cursor: 'on', limit: 200 });
    await expect(api.getDeploymentChangesCsv('d 1')).resolves.toBe('{}');
    expect(asked.map(({ pathname, search }) => pathname + search)).toEqual([
      '/api/dora/deployments/d%201/changes?cursor=on&limit=200',
      '/api/dora/deployments/d%201/changes?format=csv',
    ]);
  });

  it('escapes ids, and rejects with what the backend said', async () => {
    const { api, asked } = client(() =>
      Response.json(
        {
          error: { name: 'NotFoundError', message: 'No such deployment' },
          response: { statusCode: 404 },
        },
        { status: 404 },
      ),
    );
    await expect(api.getDeployment('a/b')).rejects.toMatchObject({
      statusCode: 404,
      body: { error: { message: 'No such deployment' } },
    });
    expect(asked[0].pathname).toBe('/api/dora/deployments/a%2Fb');
  });
});
