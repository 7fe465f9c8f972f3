import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import fc from 'fast-check';
import { importEvent, importSource } from './importSource';
import { readImportFile, ReadOptions } from './readFile';
import { exampleCsv, ImportKind, IMPORT_KINDS, readRow } from './rows';

const SHA = 'ab12'.repeat(10);
const T = '2026-05-01T12:00:00.000Z';
const DEPLOYMENT = {
  service: 'checkout',
  environment: 'production',
  finished_at: '2026-05-01T14:00:00+02:00',
};
const INCIDENT = { service: 'checkout', id: 'INC-1', opened_at: T };
const CHANGE = { repository: 'Payments/Checkout', number: '42', merged_at: T };

const eventsOf = (kind: ImportKind, fields: object) => {
  const result = readRow(kind, fields as Record<string, unknown>);
  if ('problems' in result) {
    throw new Error(JSON.stringify(result.problems));
  }
  return JSON.parse(JSON.stringify(result.row.events));
};
const problemsOf = (kind: ImportKind, fields: object) => {
  const result = readRow(kind, fields as Record<string, unknown>);
  return 'problems' in result ? result.problems : [];
};

describe('rows', () => {
  it.each<[ImportKind, object, object[]]>([
    [
      'deployment',
      DEPLOYMENT,
      [
        {
          type: 'deployment',
          service: { name: 'checkout' },
          deploymentId: expect.stringMatching(/^import-[0-9a-f]{32}$/),
          status: 'succeeded',
          at: T,
          environment: 'production',
        },
      ],
    ],
    [
      'deployment',
      {
        ...DEPLOYMENT,
        service: 'Component:default/Checkout',
        id: 'run-1',
        job_id: 'eu',
        status: 'Failure',
        started_at: '2026-05-01 13:59:00+02:00',
        tier: 'Production',
        rollback: 'yes',
        labels: 'Hotfix, planned',
        fixes_incidents: 'INC-1 INC-2',
        revision: 'v1.2.0',
        artifact: 'pkg:oci/checkout@1.2.0',
        url: 'https://ci.example/1',
      },
      [
        {
          type: 'deployment',
          service: { entityRef: 'component:default/checkout' },
          deploymentId: 'run-1',
          jobId: 'eu',
          status: 'failed',
          at: T,
          startedAt: '2026-05-01T11:59:00.000Z',
          environment: 'production',
          tier: 'production',
          rollback: true,
          labels: ['hotfix', 'planned'],
          fixesIncidents: ['INC-1', 'INC-2'],
          revision: 'v1.2.0',
          artifact: 'pkg:oci/checkout@1.2.0',
          url: 'https://ci.example/1',
        },
      ],
    ],
    [
      'incident',
      { ...INCIDENT, resolved_at: '2026-05-01T13:00:00Z', title: 'Slow' },
      [
        {
          type: 'incident',
          service: { name: 'checkout' },
          incidentId: 'INC-1',
          action: 'opened',
          at: T,
          title: 'Slow',
        },
        {
          type: 'incident',
          service: { name: 'checkout' },
          incidentId: 'INC-1',
          action: 'resolved',
          at: '2026-05-01T13:00:00.000Z',
          title: 'Slow',
        },
      ],
    ],
    [
      'change',
      {
        ...CHANGE,
        opened_at: '2026-04-30T12:00:00Z',
        merge_commit: SHA.toUpperCase(),
        merge_method: 'Squash',
        commits: `${SHA}@2026-04-30T10:00:00+01:00`,
      },
      [
        {
          type: 'pull_request',
          repository: 'payments/checkout',
          number: 42,
          updatedAt: T,
          openedAt: '2026-04-30T12:00:00.000Z',
          mergedAt: T,
          mergeCommit: SHA,
          mergeMethod: 'squash',
          commits: [{ id: SHA, committedAt: '2026-04-30T09:00:00.000Z' }],
        },
      ],
    ],
  ])('of a %s mean %j', (kind, fields, events) => {
    expect(eventsOf(kind, fields)).toEqual(events);
  });

  it.each<[ImportKind, object, string | undefined, RegExp]>([
    ['deployment', { ...DEPLOYMENT, service: '' }, 'service', /missing/],
    [
      'deployment',
      { ...DEPLOYMENT, finished_at: '2026-05-01' },
      'finished_at',
      /no offset/,
    ],
    [
      'deployment',
      { ...DEPLOYMENT, finished_at: '2026-02-30T12:00:00Z' },
      'finished_at',
      /not a date/,
    ],
    [
      'deployment',
      { ...DEPLOYMENT, finished_at: '01.05.2026 14:00' },
      'finished_at',
      /not a date/,
    ],
    [
      'deployment',
      { ...DEPLOYMENT, started_at: '2026-05-01T13:00:00Z' },
      'started_at',
      /after finished_at/,
    ],
    ['deployment', { ...DEPLOYMENT, status: 'done' }, 'status', /not known/],
    ['deployment', { ...DEPLOYMENT, labels: 'urgent' }, 'labels', /urgent/],
    ['deployment', { ...DEPLOYMENT, rollback: 'ja' }, 'rollback', /not known/],
    [
      'deployment',
      { ...DEPLOYMENT, url: 'file:///etc/passwd' },
      'url',
      /not an http address/,
    ],
    ['deployment', { ...DEPLOYMENT, service: { a: 1 } }, 'service', /not text/],
    ['incident', { ...INCIDENT, id: undefined }, 'id', /missing/],
    [
      'incident',
      { ...INCIDENT, resolved_at: '2026-05-01T11:00:00Z' },
      'resolved_at',
      /before opened_at/,
    ],
    ['change', { ...CHANGE, number: '1.5' }, 'number', /not the number/],
    ['change', { ...CHANGE, merge_commit: 'ab12' }, 'merge_commit', /full/],
    ['change', { ...CHANGE, commits: SHA }, 'commits', /commits holds/],
    ['change', { ...CHANGE, merged_at: '' }, undefined, /no moment/],
  ])('of a %s %j are refused', (kind, fields, column, message) => {
    const problems = problemsOf(kind, fields);
    expect(problems).toHaveLength(1);
    expect(problems[0].column).toBe(column);
    expect(problems[0].message).toMatch(message);
    expect(problems[0].remedy).not.toBe('');
  });

  it('are the same row however they are written', () => {
    const id = (fields: object) => {
      const result = readRow('deployment', fields as Record<string, unknown>);
      return 'row' in result ? result.row.id : undefined;
    };
    const known = id(DEPLOYMENT);
    expect(known).toBeDefined();
    expect(id({ ...DEPLOYMENT, finished_at: ` ${T} ` })).toBe(known);
    expect(id({ url: '', note: 'x', ...DEPLOYMENT })).toBe(known);
    expect(id({ ...DEPLOYMENT, environment: 'staging' })).not.toBe(known);
  });

  it('mean the same when the inbox is replayed', () => {
    const word = fc.constantFrom('a', ' b ', 'x y', 'true', '', '42', SHA, T);
    const value = fc.oneof(word, fc.string(), fc.array(word), fc.integer());
    const names = [...Object.keys({ ...DEPLOYMENT, ...INCIDENT, ...CHANGE })];
    const extra = fc.dictionary(
      fc.constantFrom('labels', 'title', 'tier', 'commits', 'url', ...names),
      value,
    );
    fc.assert(
      fc.property(fc.constantFrom(...IMPORT_KINDS), extra, (kind, fields) => {
        const base = { ...DEPLOYMENT, ...INCIDENT, ...CHANGE, ...fields };
        const result = readRow(kind, base);
        fc.pre('row' in result);
        const { row } = result as Extract<typeof result, { row: unknown }>;
        const stored = importEvent(row, { receivedAt: T, sample: false });
        const replayed = importSource.normalise(
          JSON.parse(JSON.stringify(stored)),
        );
        expect(replayed).toEqual({ outcome: 'accepted', events: row.events });
      }),
      { numRuns: 2_000 },
    );
  });

  it('come from nowhere but the import route', () => {
    const event = {
      id: 'x',
      source: '/elsewhere',
      type: 'dev.pavedroad.import.deployment.0.1.0',
      data: DEPLOYMENT,
      extensions: {},
      sample: false,
      receivedAt: T,
    };
    expect(importSource.normalise(event).outcome).toBe('rejected');
  });

  it('never make the source throw or answer what cannot be kept', async () => {
    const rows: [ImportKind, object][] = [
      ['deployment', { ...DEPLOYMENT, labels: ['hotfix'], rollback: 'true' }],
      ['incident', { ...INCIDENT, resolved_at: '2026-05-01T13:00:00Z' }],
      ['change', { ...CHANGE, commits: [`${SHA}@${T}`], title: 'x' }],
    ];
    const report = await fuzzSource({
      source: importSource,
      events: rows.map(([kind, fields]): RawDeliveryEvent => {
        const result = readRow(kind, fields as Record<string, unknown>);
        if ('problems' in result) {
          throw new Error(JSON.stringify(result.problems));
        }
        return importEvent(result.row, { receivedAt: T, sample: false });
      }),
      mutations: 10_000,
    });
    expect(report.cases).toBe(10_000);
    expect(report.accepted).toBeGreaterThan(500);
    expect(report.rejected).toBeGreaterThan(500);
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dora-rows-test-'));
  const path = join(folder, 'file');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const options = (format: 'csv' | 'ndjson'): ReadOptions => ({
    format,
    sample: false,
    receivedAt: T,
    limits: { maxDepth: 64, maxFieldLength: 65_536 },
  });
  const read = async (
    content: string | Uint8Array,
    format: 'csv' | 'ndjson',
  ) => {
    writeFileSync(path, content);
    const records = [];
    for await (const record of readImportFile(path, options(format), {
      ignoredColumns: [],
    })) {
      records.push(record);
    }
    return records;
  };

  it('count lines from the first, whatever a field holds', async () => {
    const file = [
      '\uFEFFservice,environment,finished_at,status',
      `checkout,"produc`,
      `tion",${T},`,
      '',
      `checkout,production,${T},nonsense`,
      `checkout,production,${T},a,b,c`,
    ].join('\r\n');
    const records = await read(file, 'csv');
    expect(records.map(({ line }) => line)).toEqual([2, 5, 6]);
    expect(records.map(({ problems }) => problems?.[0].message)).toEqual([
      undefined,
      expect.stringContaining('nonsense'),
      expect.stringContaining('6 fields'),
    ]);
  });

  it.each([',', ';', '\t'])('are separated by %j', async delimiter => {
    const file = exampleCsv('incident').split(',').join(delimiter);
    const [record, ...more] = await read(file, 'csv');
    expect(record).toMatchObject({ line: 2, kind: 'incident' });
    expect(record.problems).toBeUndefined();
    expect(more).toEqual([]);
  });

  it('never throw, whatever is done to them', async () => {
    const files = [
      ...IMPORT_KINDS.map(kind => ['csv', exampleCsv(kind)] as const),
      [
        'ndjson',
        [
          JSON.stringify({ kind: 'deployment', ...DEPLOYMENT }),
          JSON.stringify({ kind: 'incident', ...INCIDENT }),
          JSON.stringify({ kind: 'change', ...CHANGE }),
          JSON.stringify({
            specversion: '1.0',
            id: 'e1',
            source: '/ci',
            type: 'dev.cdevents.service.deployed.0.3.0',
            data: { subject: { id: 'checkout', content: {} } },
          }),
        ].join('\n'),
      ] as const,
    ];
    let cases = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(),
        fc.nat({ max: 60 }),
        fc.oneof(
          fc.constantFrom('"', ',', ';', '\n', '\r', '\0', '{', ']', '\uD800'),
          fc.string({ maxLength: 12 }),
        ),
        async ([format, text], at, removed, inserted) => {
          cases += 1;
          const start = at % (text.length + 1);
          const mutated =
            text.slice(0, start) + inserted + text.slice(start + removed);
          for (const record of await read(mutated, format)) {
            const { line, member, problems } = record;
            expect(line).toBeGreaterThan(0);
            expect(member !== undefined || problems!.length > 0).toBe(true);
            expect(JSON.stringify(member ?? {})).not.toMatch(/\\u0000|\\ud8/i);
          }
        },
      ),
      { numRuns: 10_000 },
    );
    expect(cases).toBe(10_000);
  }, 120_000);
});
