import { TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { Knex } from 'knex';
import request from 'supertest';
import {
  component,
  deployed,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const CHECKOUT = 'component:default/checkout';
const LEDGER = 'component:default/ledger';
const entities = [
  component('checkout', { 'pavedroad.dev/repository': 'payments/checkout' }),
  component('ledger', { 'pavedroad.dev/repository': 'payments/ledger' }),
];
/** More than one page of a file, and than a detail page shows. */
const CHANGES = 10_345;
const START = Date.UTC(2026, 3, 1);
const commits = Array.from({ length: CHANGES + 1 }, (_, n) => ({
  id: n.toString(16).padStart(40, '0'),
  // Several in the same second, as a rebase makes them.
  committedAt: new Date(START + Math.floor(n / 7) * 1_000).toISOString(),
  subject: n === 5 ? '=HYPERLINK("x"), "quoted"' : `Change ${n}`,
  authorName: n % 10 === 3 ? 'renovate[bot]' : 'Ada',
}));
const brought = commits.slice(1).map(({ id }) => id);

/** Fields of the lines of a file without line breaks in its fields. */
function fields(text: string): Record<string, string>[] {
  const lines = text.split('\r\n').slice(0, -1);
  const split = (line: string) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replace(/""/g, '"') ?? plain,
    );
  const names = split(lines[0]);
  return lines
    .slice(1)
    .map(line =>
      Object.fromEntries(split(line).map((field, i) => [names[i], field])),
    );
}

describe('the changes of a deployment', () => {
  let knex: Knex;
  let dora: RunningDora;
  let id: string;
  let first: string;

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({ knex, entities });
    for (let n = 0; n < commits.length; n += 500) {
      await dora.send([
        linearCommits(
          'payments/checkout',
          commits.slice(n, n + 500),
          commits[n - 1]?.id,
        ),
      ]);
    }
    await dora.send([
      deployed(CHECKOUT, commits[0].id, '2026-05-01T12:00:00Z'),
      deployed(CHECKOUT, commits[CHANGES].id, '2026-05-02T12:00:00Z'),
      linearCommits('payments/ledger', [
        { id: sha('ledger'), committedAt: '2026-05-01T08:00:00Z' },
      ]),
      deployed(LEDGER, sha('ledger'), '2026-05-01T12:00:00Z'),
    ]);
    await dora.settled();
    const { body } = await dora.get(
      `/deployments?entityRef=${CHECKOUT}&from=2026-05-01&to=2026-05-03`,
    );
    [id, first] = body.items.map((item: { id: string }) => item.id);
  });
  afterAll(() => dora?.stop());

  /** The statements that read changes while something is asked. */
  async function statements(asked: () => Promise<unknown>): Promise<string[]> {
    const seen: string[] = [];
    const listen = ({ sql }: { sql: string }) => {
      if (/FROM change\b/.test(sql)) {
        seen.push(sql);
      }
    };
    knex.on('query', listen);
    try {
      await asked();
    } finally {
      knex.removeListener('query', listen);
    }
    return seen;
  }

  it('are put in order few times for a file, and counted only where they are not all at hand', async () => {
    const file = await statements(() =>
      dora.get(`/deployments/${id}/changes?format=csv`),
    );
    expect(file).toHaveLength(2);
    expect(
      await statements(() => dora.get(`/deployments/${first}`)),
    ).toHaveLength(1);
    expect(await statements(() => dora.get(`/deployments/${id}`))).toEqual([
      expect.stringContaining('ORDER BY committed_at'),
      expect.stringContaining('GROUP BY'),
    ]);
  });

  it('are all in the file, each once, in the order of commits', async () => {
    const { status, text, headers } = await dora.get(
      `/deployments/${id}/changes?format=csv`,
    );
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch('text/csv');
    expect(headers['content-disposition']).toMatch('changes.csv');
    expect(headers['x-data-quality']).toBeUndefined();
    const rows = fields(text);
    expect(rows).toHaveLength(CHANGES);
    expect(rows.map(({ commit }) => commit)).toEqual(brought);
    expect(rows[0]).toMatchObject({
      deployment: id,
      service: CHECKOUT,
      author: 'Ada',
      committed_at: commits[1].committedAt,
      lead_seconds: String(
        (Date.parse('2026-05-02T12:00:00Z') - START) / 1_000,
      ),
      bot: 'false',
      left_out: '',
      definition_version: '1',
      sample_data: 'false',
      data_quality: '',
    });
    expect(rows[4].subject).toBe('\'=HYPERLINK("x"), "quoted"');
    expect(rows[2]).toMatchObject({ bot: 'true', left_out: 'bot' });
  });

  it('come by page, and go on where the detail ends', async () => {
    const { body: detail } = await dora.get(`/deployments/${id}`);
    expect(detail.changes).toBe(CHANGES);
    expect(detail.changeRows).toHaveLength(500);
    const bots = commits
      .slice(1)
      .filter(({ authorName }) => authorName !== 'Ada').length;
    expect(detail.excludedChanges).toEqual([{ reason: 'bot', changes: bots }]);
    const seen = detail.changeRows.map(
      ({ commit }: { commit: string }) => commit,
    );
    let cursor: string | undefined = detail.nextChangesCursor;
    while (cursor) {
      const { status, body }: { status: number; body: any } = await dora.get(
        `/deployments/${id}/changes?limit=200&cursor=${cursor}`,
      );
      expect(status).toBe(200);
      expect(body).toMatchObject({
        deployment: { id, serviceRef: CHECKOUT },
        totalItems: CHANGES,
        definition: { version: 1 },
      });
      seen.push(...body.items.map((item: { commit: string }) => item.commit));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(brought);
  });

  it('go on for agents where they do for everybody', async () => {
    const { body: route } = await dora.get(`/deployments/${id}`);
    const { body, status } = await request(dora.server)
      .post(
        '/api/dora/.backstage/actions/v1/actions/dora:get-deployment/invoke',
      )
      .send({ id });
    expect(status).toBe(200);
    const { link, ...output } = body.output;
    expect(output).toEqual(route);
    expect(output.nextChangesCursor).toEqual(expect.any(String));
    expect(link).toContain(id);
    const { body: document } = await dora.get('/openapi.json');
    const [, own] = document.components.schemas.DeploymentDetail.allOf;
    expect(Object.keys(own.properties)).toEqual(
      expect.arrayContaining(
        Object.keys(route).filter(
          name => !(name in document.components.schemas.Deployment.properties),
        ),
      ),
    );
  });

  it('of a first deployment lead nowhere else', async () => {
    const { body: detail } = await dora.get(`/deployments/${first}`);
    expect(detail.nextChangesCursor).toBeUndefined();
    expect(detail.excludedChanges).toEqual([
      { reason: 'first_deployment', changes: 1 },
    ]);
    const { body } = await dora.get(`/deployments/${first}/changes`);
    expect(body.items).toEqual(detail.changeRows);
    expect(body.nextCursor).toBeUndefined();
  });

  it.each([
    ['limit=0', 400, 'limit must be'],
    ['limit=201', 400, 'limit must be'],
    ['cursor=nonsense', 400, 'cursor is not one'],
    ['format=xml', 400, 'format'],
    ['what=else', 400, 'what'],
  ])('refuse %s with %d', async (question, expected, words) => {
    const { status, text } = await dora.get(
      `/deployments/${id}/changes?${question}`,
    );
    expect(status).toBe(expected);
    expect(text).toContain(words);
  });

  it('refuse the cursor of another deployment', async () => {
    const { body } = await dora.get(`/deployments/${id}/changes?limit=1`);
    const { status, text } = await dora.get(
      `/deployments/${first}/changes?cursor=${body.nextCursor}`,
    );
    expect(status).toBe(400);
    expect(text).toContain('cursor belongs to another query');
  });

  it.each(['', '?format=csv'])(
    'are shown to nobody who does not see the service, or may not read metrics (%s)',
    async question => {
      expect(
        (await dora.get(`/deployments/no/changes${question}`)).status,
      ).toBe(404);
      const blind = await startDora({ knex, entities: [entities[1]] });
      const denied = await startDora({
        knex,
        entities,
        permission: AuthorizeResult.DENY,
      });
      try {
        expect(
          (await blind.get(`/deployments/${id}/changes${question}`)).status,
        ).toBe(404);
        expect(
          (await denied.get(`/deployments/${id}/changes${question}`)).status,
        ).toBe(403);
      } finally {
        await Promise.all([blind.stop(), denied.stop()]);
      }
    },
  );
});

describe('rows about services whose events are not counted yet', () => {
  let knex: Knex;
  let dora: RunningDora;
  let worker: Knex.Transaction;
  let id: string;
  const WINDOW = 'from=2026-05-01&to=2026-06-01';

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({ knex, entities });
    await dora.send([
      deployed(CHECKOUT, sha('a'), '2026-05-01T12:00:00Z'),
      deployed(LEDGER, sha('b'), '2026-05-01T12:00:00Z'),
    ]);
    await dora.settled();
    const { body } = await dora.get(
      `/deployments?entityRef=${CHECKOUT}&${WINDOW}`,
    );
    id = body.items[0].id;
    // As if another backend were at it.
    worker = await knex.transaction();
    await worker('service').where({ entity_ref: CHECKOUT }).forUpdate();
    await dora.send([deployed(CHECKOUT, sha('c'), '2026-05-03T12:00:00Z')]);
  });
  afterAll(async () => {
    await worker?.rollback();
    await dora?.stop();
  });

  const note = {
    code: 'facts_pending',
    services: [CHECKOUT],
    count: 1,
    since: expect.stringMatching(/Z$/),
    waitedSeconds: expect.any(Number),
  };
  const PENDING = /^facts_pending:2\S*Z$/;

  it.each([
    ['/services', WINDOW],
    ['/deployments', WINDOW],
    ['/incidents', WINDOW],
    ['/deployments', `${WINDOW}&entityRef=${CHECKOUT}`],
    ['/deployments', `${WINDOW}&service=${CHECKOUT}`],
    ['/incidents', `${WINDOW}&entityRef=${CHECKOUT}`],
  ])('say so in %s?%s', async (route, question) => {
    const { body, status } = await dora.get(`${route}?${question}`);
    expect(status).toBe(200);
    expect(body.dataQuality).toEqual([note]);
    const { headers } = await dora.get(`${route}?${question}&format=csv`);
    expect(headers['x-data-quality']).toMatch(PENDING);
  });

  it.each([
    ['/deployments', `${WINDOW}&entityRef=${LEDGER}`],
    ['/deployments', `${WINDOW}&service=${LEDGER}`],
    ['/incidents', `${WINDOW}&entityRef=${LEDGER}`],
    ['/services', `${WINDOW}&entityRef=${LEDGER}`],
  ])('say nothing of it to %s?%s', async (route, question) => {
    const { body } = await dora.get(`${route}?${question}`);
    expect(body.dataQuality).toBeUndefined();
    const { headers } = await dora.get(`${route}?${question}&format=csv`);
    expect(headers['x-data-quality']).toBeUndefined();
  });

  it('say so of one deployment and its changes', async () => {
    for (const path of [`/deployments/${id}`, `/deployments/${id}/changes`]) {
      expect((await dora.get(path)).body.dataQuality).toEqual([note]);
    }
  });

  it('say so in each line of a file that is about them', async () => {
    const { text: deployments } = await dora.get(
      `/deployments?${WINDOW}&format=csv`,
    );
    expect(fields(deployments).map(row => row.data_quality)).toEqual([
      expect.stringMatching(PENDING),
      expect.stringMatching(PENDING),
    ]);
    const { text: services } = await dora.get(`/services?${WINDOW}&format=csv`);
    expect(
      fields(services).map(row => [row.service, row.data_quality]),
    ).toEqual([
      [CHECKOUT, expect.stringMatching(PENDING)],
      [LEDGER, ''],
    ]);
    const { text: series } = await dora.get(`/metrics?${WINDOW}&format=csv`);
    for (const row of fields(series)) {
      expect(row.data_quality).toMatch(/\bfacts_pending\b/);
    }
  });
});

describe('rows about many services whose events are not counted yet', () => {
  const WINDOW = 'from=2026-05-01&to=2026-06-01';
  const names = Array.from({ length: 25 }, (_, i) => `service-${100 + i}`);
  const refs = names.map(name => `component:default/${name}`);
  let dora: RunningDora;
  let worker: Knex.Transaction;
  beforeAll(async () => {
    const knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      knex,
      entities: names.map(name => component(name)),
    });
    await dora.send(
      refs.map(ref => deployed(ref, sha('a'), '2026-05-01T12:00:00Z')),
    );
    await dora.settled();
    worker = await knex.transaction();
    await worker('service').forUpdate();
    await dora.send(
      refs.map(ref => deployed(ref, sha('b'), '2026-05-02T12:00:00Z')),
    );
  });
  afterAll(async () => {
    await worker?.rollback();
    await dora?.stop();
  });

  it.each(['/deployments', '/incidents'])(
    'name some of them in %s, and count all',
    async route => {
      const { body } = await dora.get(`${route}?${WINDOW}`);
      expect(body.dataQuality).toEqual([
        expect.objectContaining({
          code: 'facts_pending',
          services: refs.slice(0, 20),
          count: 25,
        }),
      ]);
    },
  );

  it.each(['/services', '/metrics'])('name all of them in %s', async route => {
    const { body } = await dora.get(`${route}?${WINDOW}`);
    expect(body.dataQuality).toContainEqual(
      expect.objectContaining({
        code: 'facts_pending',
        services: refs,
        count: 25,
      }),
    );
  });
});
