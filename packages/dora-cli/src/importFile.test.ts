import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportReport } from '@pavedroad/plugin-dora-common';
import { run } from './program';

const folder = mkdtempSync(join(tmpdir(), 'dora-cli-import-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const token = file('token', 'secret\n');
const CSV = 'service,environment,finished_at\ncheckout,production,x\n';
const counts = { accepted: 0, duplicate: 0, ignored: 0, rejected: 0 };
const REPORT: ImportReport = {
  dryRun: false,
  applied: true,
  applicable: true,
  format: 'csv',
  records: 3,
  counts: { ...counts, accepted: 2, duplicate: 1 },
  kinds: [{ kind: 'deployment', ...counts, accepted: 2, duplicate: 1 }],
  services: [
    { name: 'checkout', entityRef: 'component:default/checkout', records: 2 },
    { name: 'ledger', records: 1 },
  ],
  servicesTotal: 12,
  environments: [{ name: 'production', records: 3 }],
  from: '2026-04-01T12:00:00.000Z',
  to: '2026-04-03T12:00:00.000Z',
  problems: [],
  problemsTotal: 0,
  ignoredColumns: ['note'],
};
const BROKEN: ImportReport = {
  ...REPORT,
  applied: false,
  applicable: false,
  counts: { ...counts, rejected: 1 },
  kinds: [{ kind: 'deployment', ...counts, rejected: 1 }],
  services: [],
  servicesTotal: 0,
  environments: [],
  problems: [
    {
      line: 2,
      column: 'finished_at',
      message: 'finished_at "x" is not a date and time',
      remedy: 'Write it like 2026-05-01T14:00:00+02:00.',
    },
  ],
  problemsTotal: 12,
};

async function dora(args: string[], answer: () => Response) {
  const out: string[] = [];
  const err: string[] = [];
  const asked: { url: URL; headers: Headers; body: string }[] = [];
  const code = await run(['import', ...args, '--token-file', token], {
    out: text => out.push(text),
    err: text => err.push(text),
    fetch: async (url, init) => {
      asked.push({
        url: new URL(String(url)),
        headers: new Headers(init!.headers),
        body: String(init!.body),
      });
      return answer();
    },
  });
  return { code, out, err: err.join('\n'), asked };
}

describe('import of rows', () => {
  it('hands a CSV file to the portal and says what became of it', async () => {
    const { code, out, asked } = await dora(
      [file('deployments.csv', CSV), '--kind', 'deployment', '--sample'],
      () => Response.json(REPORT),
    );
    expect(code).toBe(0);
    expect(asked).toHaveLength(1);
    expect(asked[0].url.pathname).toBe('/api/dora/imports');
    expect(Object.fromEntries(asked[0].url.searchParams)).toEqual({
      format: 'csv',
      kind: 'deployment',
      sample: 'true',
    });
    expect(asked[0].headers.get('authorization')).toBe('Bearer secret');
    expect(asked[0].body).toBe(CSV);
    expect(out).toEqual([
      'deployments: 2 accepted, 1 known before',
      'services: component:default/checkout, ledger and 10 more',
      'not in the catalog, and counted once they are: ledger',
      'environments: production',
      'time: 2026-04-01T12:00:00.000Z to 2026-04-03T12:00:00.000Z',
      'columns that mean nothing: note',
      '2 records taken in.',
    ]);
  });

  it('asks the portal what a file would do', async () => {
    const { code, out, asked } = await dora(
      [file('rows.ndjson', '{"kind":"incident"}\n'), '--dry-run'],
      () => Response.json({ ...REPORT, dryRun: true, applied: false }),
    );
    expect(code).toBe(0);
    expect(Object.fromEntries(asked[0].url.searchParams)).toEqual({
      format: 'ndjson',
      dryRun: 'true',
    });
    expect(out[0]).toBe('deployments: 2 new, 1 known before');
    expect(out[out.length - 1]).toBe(
      'Would take in 2 records. Nothing was sent to be kept.',
    );
  });

  it('says what is wrong with which line, and fails', async () => {
    const { code, out } = await dora([file('broken.csv', CSV)], () =>
      Response.json({ error: {}, report: BROKEN }, { status: 422 }),
    );
    expect(code).toBe(1);
    expect(out).toContain(
      'line 2, finished_at: finished_at "x" is not a date and time. Write it like 2026-05-01T14:00:00+02:00.',
    );
    expect(out.slice(-2)).toEqual([
      '… and 2 more problems',
      'Nothing was kept: mend the file, or leave broken records out with --skip-errors.',
    ]);
    const skipped = await dora([file('broken.csv', CSV), '--skip-errors'], () =>
      Response.json({ ...BROKEN, applied: true }),
    );
    expect(skipped.asked[0].url.searchParams.get('onError')).toBe('skip');
    expect(skipped.code).toBe(0);
    const dry = await dora([file('broken.csv', CSV), '--dry-run'], () =>
      Response.json({ ...BROKEN, dryRun: true }),
    );
    expect(dry.code).toBe(1);
  });

  it.each([
    [401, /does not know this token/],
    [403, /may not send/],
    [413, /status 413: too large/],
  ])('says what status %d means', async (status, message) => {
    const { code, err } = await dora([file('a.csv', CSV)], () =>
      Response.json({ error: { message: 'too large' } }, { status }),
    );
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  it('refuses kinds that there are none of', async () => {
    const { code, asked } = await dora(
      [file('a.csv', CSV), '--kind', 'release'],
      () => Response.json(REPORT),
    );
    expect(code).not.toBe(0);
    expect(asked).toEqual([]);
  });
});
