import { gzipSync } from 'node:zlib';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { Knex } from 'knex';
import request from 'supertest';
import {
  component,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(90_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

const lines = (...rows: string[]) => `${rows.join('\n')}\n`;
const DEPLOYMENTS = lines(
  'service,environment,finished_at,revision,url,note',
  `checkout,production,2026-04-01T12:00:00Z,${sha('a1')},,first`,
  `component:default/checkout,production,2026-04-03T14:00:00+02:00,${sha(
    'a2',
  )},https://ci.example/2,`,
);
const INCIDENTS = lines(
  'service;id;opened_at;resolved_at;title',
  'checkout;INC-1;2026-04-03T13:00:00Z;2026-04-03T13:30:00Z;"Slow; very slow"',
);

describe('imports', () => {
  let knex: Knex;
  let dora: RunningDora;

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      knex,
      entities: [
        component('checkout', {
          'pavedroad.dev/repository': 'payments/checkout',
        }),
        component('ledger'),
      ],
      config: { dora: { imports: { maxBytes: 400_000, maxRecords: 2_000 } } },
    });
  });
  afterAll(async () => {
    await dora?.stop();
  });

  const send = (
    body: string | Buffer,
    query = '',
    headers: Record<string, string> = {},
  ) =>
    request(dora.server)
      .post(`/api/dora/imports${query}`)
      .set('content-type', 'text/csv')
      .set(headers)
      .serialize(raw => raw)
      .send(body);
  const kept = async () => Number((await knex('inbox').count())[0].count);

  it('says what a file would do, and does nothing', async () => {
    const response = await send(DEPLOYMENTS, '?dryRun=true');
    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      dryRun: true,
      applied: false,
      applicable: true,
      format: 'csv',
      records: 2,
      counts: { accepted: 2, duplicate: 0, ignored: 0, rejected: 0 },
      kinds: [
        {
          kind: 'deployment',
          accepted: 2,
          duplicate: 0,
          ignored: 0,
          rejected: 0,
        },
      ],
      services: [
        {
          name: 'checkout',
          entityRef: 'component:default/checkout',
          records: 2,
        },
      ],
      servicesTotal: 1,
      environments: [{ name: 'production', records: 2 }],
      from: '2026-04-01T12:00:00.000Z',
      to: '2026-04-03T12:00:00.000Z',
      problems: [],
      problemsTotal: 0,
      ignoredColumns: ['note'],
    });
    expect(await kept()).toBe(0);
  });

  it('does it, and the same file again changes nothing', async () => {
    await dora.send([
      linearCommits('payments/checkout', [
        { id: sha('a1'), committedAt: '2026-04-01T10:00:00Z' },
        { id: sha('a2'), committedAt: '2026-04-03T10:00:00Z' },
      ]),
    ]);
    for (const file of [DEPLOYMENTS, INCIDENTS]) {
      const first = await send(file);
      expect(first.body).toMatchObject({ applied: true });
      expect(first.body.counts.duplicate).toBe(0);
    }
    await dora.settled();
    const metrics = async () => {
      const { body } = await dora.get(
        '/metrics?entityRef=component:default/checkout&from=2026-04-01&to=2026-05-01',
      );
      return body.metrics;
    };
    const before = await metrics();
    expect(before).toMatchObject({
      deploymentFrequency: { deployments: 2 },
      changeLeadTime: { changes: 1, p50Seconds: 7_200 },
      failedDeploymentRecoveryTime: { recovered: 1, p50Seconds: 5_400 },
    });
    const count = await kept();
    for (const file of [DEPLOYMENTS, INCIDENTS]) {
      const again = await send(file);
      expect(again.body).toMatchObject({
        applied: true,
        counts: { accepted: 0, rejected: 0 },
      });
      expect(again.body.counts.duplicate).toBeGreaterThan(0);
    }
    await dora.settled();
    expect(await kept()).toBe(count);
    expect(await metrics()).toEqual(before);
  });

  it('keeps nothing of a broken file, and says what is wrong and how to mend it', async () => {
    const before = await kept();
    const broken = lines(
      'service,environment,finished_at,status',
      'ledger,production,2026-04-01T12:00:00Z,',
      'ledger,production,2026-04-01 12:00,',
      ',production,2026-04-01T12:00:00Z,maybe',
      'ledger,production,2031-01-01T00:00:00Z,',
    );
    const refused = await send(broken);
    expect(refused.status).toBe(422);
    expect(refused.body.error.message).toMatch(
      /^The file has 4 problems.*Line 3/,
    );
    expect(refused.body.report).toMatchObject({
      applied: false,
      applicable: false,
      counts: { accepted: 1, rejected: 3 },
      problemsTotal: 4,
    });
    expect(refused.body.report.problems).toEqual([
      {
        line: 3,
        kind: 'deployment',
        column: 'finished_at',
        message: expect.stringContaining('has no offset'),
        remedy: expect.stringContaining('2026-04-01T12:00Z'),
      },
      expect.objectContaining({ line: 4, column: 'service' }),
      expect.objectContaining({ line: 4, column: 'status' }),
      expect.objectContaining({
        line: 5,
        message: expect.stringContaining('in the future'),
      }),
    ]);
    expect(await kept()).toBe(before);
    expect(await send(broken, '?dryRun=true')).toMatchObject({
      status: 200,
      body: { applicable: false },
    });

    const skipped = await send(broken, '?onError=skip');
    expect(skipped).toMatchObject({
      status: 200,
      body: { applied: true, counts: { accepted: 1, rejected: 3 } },
    });
    expect(await kept()).toBe(before + 1);
  });

  it('takes rows and CloudEvents, one per line, in one file', async () => {
    const file = lines(
      JSON.stringify({
        kind: 'change',
        repository: 'payments/checkout',
        number: 7,
        merged_at: '2026-04-02T10:00:00Z',
        commits: [`${sha('c1')}@2026-04-02T08:00:00Z`],
      }),
      '',
      JSON.stringify({
        specversion: '1.0',
        id: 'e1',
        source: '/ci',
        type: 'dev.cdevents.service.deployed.0.3.0',
        time: '2026-04-02T12:00:00Z',
        data: {
          subject: {
            id: 'unheard-of',
            content: { environment: { id: 'staging' } },
          },
        },
      }),
      JSON.stringify({
        specversion: '1.0',
        id: 'e2',
        source: '/ci',
        type: 'dev.cdevents.environment.created.0.3.0',
        data: { subject: { id: 'eu', content: {} } },
      }),
    );
    const response = await send(file, '?dryRun=true', {
      'content-type': 'application/x-ndjson',
    });
    expect(response.body).toMatchObject({
      records: 3,
      counts: { accepted: 2, ignored: 1, rejected: 0 },
      services: [
        {
          name: 'payments/checkout',
          entityRef: 'component:default/checkout',
          records: 1,
        },
        { name: 'unheard-of', records: 1 },
      ],
      environments: [{ name: 'staging', records: 1 }],
    });
    expect(response.body.services[1]).not.toHaveProperty('entityRef');
    const forged = await send(
      JSON.stringify({
        specversion: '1.0',
        id: 'x',
        source: 'urn:pavedroad:manual',
        type: 'dev.pavedroad.failure.attributed.0.1.0',
        data: {},
      }),
      '?format=ndjson',
    );
    expect(forged.status).toBe(422);
  });

  it('says how far it is to who wants to know', async () => {
    const rows = Array.from(
      { length: 1_500 },
      (_, n) =>
        `ledger,staging,2026-04-01T12:00:00Z,${(n + 1)
          .toString(16)
          .padStart(40, '0')}`,
    );
    const file = lines('service,environment,finished_at,revision', ...rows);
    const headers = { accept: 'application/x-ndjson' };
    const { status, text } = await send(file, '', headers);
    expect(status).toBe(200);
    const [first, second, last, ...more] = text.trim().split('\n');
    expect(JSON.parse(first)).toEqual({ done: 1_000, total: 1_500 });
    expect(JSON.parse(second)).toEqual({ done: 1_500, total: 1_500 });
    expect(JSON.parse(last)).toMatchObject({
      report: { applied: true, counts: { accepted: 1_500 } },
    });
    expect(more).toEqual([]);
    // What is refused is refused before there is any progress.
    const refused = await send('x,y\n1,2\n', '', headers);
    expect(refused.status).toBe(422);
  });

  it('takes compressed files, named so or not', async () => {
    const body = gzipSync(DEPLOYMENTS);
    const ways: Record<string, string>[] = [{ 'content-encoding': 'gzip' }, {}];
    for (const headers of ways) {
      expect((await send(body, '?dryRun=true', headers)).body.records).toBe(2);
    }
    const { status, body: answer } = await send(body.subarray(0, 40));
    expect(status).toBe(400);
    expect(answer.error.message).toMatch(/gzip/);
  });

  it.each<[string, string | Buffer, string, Record<string, string>, number]>([
    ['too large', 'a'.repeat(500_000), '', {}, 413],
    ['too large once unpacked', gzipSync('a'.repeat(9_000_000)), '', {}, 413],
    [
      'of too many rows',
      `${DEPLOYMENTS}${'x,y,2026-04-01T12:00:00Z\n'.repeat(2_000)}`,
      '',
      {},
      413,
    ],
    ['of another kind', '{}', '', { 'content-type': 'image/png' }, 415],
    ['packed otherwise', 'x', '', { 'content-encoding': 'br' }, 415],
    ['in another encoding', Buffer.from([0xff, 0xfe, 0x61]), '', {}, 400],
    ['with a parameter of another', DEPLOYMENTS, '?dryrun=true', {}, 400],
    ['with a value of another', DEPLOYMENTS, '?dryRun=1', {}, 400],
    ['with a parameter twice', DEPLOYMENTS, '?kind=change&kind=x', {}, 400],
    ['empty', '', '', {}, 422],
    ['without a header', '1,2,3\n', '', {}, 422],
    ['of another kind than said', DEPLOYMENTS, '?kind=incident', {}, 422],
    ['with an open quote', 'service,environment,finished_at\n"a', '', {}, 422],
  ])('answers a file %s', async (_, body, query, headers, status) => {
    const before = await kept();
    const response = await send(body, query, headers);
    expect(response.status).toBe(status);
    expect(response.body.error.message).toEqual(expect.any(String));
    expect(await kept()).toBe(before);
  });

  it('describes the files, with examples that can be imported', async () => {
    const { body } = await dora.get('/imports/formats');
    expect(body).toMatchObject({ maxBytes: 400_000, maxRecords: 2_000 });
    for (const { kind, example } of body.kinds) {
      const file = await dora.get(`/imports/examples/${example}`);
      expect(file.headers['content-type']).toMatch(/text\/csv/);
      expect((await send(file.text, '?dryRun=true')).body).toMatchObject({
        kinds: [{ kind, accepted: 1 }],
        problems: [],
        ignoredColumns: [],
      });
    }
    expect((await dora.get('/imports/examples/x.csv')).status).toBe(404);
  });

  it('leaves no files behind', () => {
    expect(
      readdirSync(tmpdir()).filter(name => name.startsWith('dora-import-')),
    ).toEqual([]);
  });
});

it('imports nothing for those who may not send events', async () => {
  const knex = await databases.init('POSTGRES_18');
  const dora = await startDora({ knex, permission: AuthorizeResult.DENY });
  try {
    for (const query of ['', '?dryRun=true']) {
      const response = await request(dora.server)
        .post(`/api/dora/imports${query}`)
        .set('content-type', 'text/csv')
        .send(DEPLOYMENTS);
      expect(response.status).toBe(403);
    }
    expect((await dora.get('/imports/formats')).status).toBe(403);
  } finally {
    await dora.stop();
  }
});
