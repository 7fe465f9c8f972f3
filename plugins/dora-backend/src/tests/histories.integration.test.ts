import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { parseGitHistory } from '@pavedroad/plugin-dora-common';
import { DateTime } from 'luxon';
import {
  cloudEvent,
  component,
  RunningDora,
  startDora,
} from '../__testUtils__/startDora';

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

const common = dirname(
  require.resolve('@pavedroad/plugin-dora-common/package.json'),
);
const fixture = (name: string) =>
  join(common, 'fixtures/histories', `${name}.ndjson`);

// The independent calculation is a test utility of the package that decides,
// which it does not export.
const { oracleDeployments, oracleFigures } = jest.requireActual<{
  oracleDeployments(file: string): { revision: string; kind: string }[];
  oracleFigures(
    deployments: object[],
    from: DateTime,
    to: DateTime,
  ): {
    deployments: number;
    changes: number;
    perDay: number;
    p50?: number;
    p75?: number;
    p90?: number;
  };
}>(join(common, 'src/__testUtils__/oracle'));

/** A real history as the events of a backfill. */
function eventsOf(name: string): Record<string, unknown>[] {
  const { commits, releases } = parseGitHistory(
    readFileSync(fixture(name), 'utf8'),
  );
  const events: Record<string, unknown>[] = [];
  for (let start = 0; start < commits.length; start += 1_000) {
    events.push(
      cloudEvent('dev.pavedroad.git.commits.0.1.0', {
        repository: `real/${name}`,
        commits: commits.slice(start, start + 1_000),
      }),
    );
  }
  for (const release of releases) {
    events.push(
      cloudEvent('dev.pavedroad.git.release.0.1.0', {
        entityRef: `component:default/${name}`,
        repository: `real/${name}`,
        tag: release.name,
        revision: release.revision,
        releasedAt: release.releasedAt,
      }),
    );
  }
  return events;
}

describe('real histories through ingestion', () => {
  let dora: RunningDora;
  const statuses: string[] = [];
  beforeAll(async () => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [component('podinfo'), component('projen')],
    });
    for (const name of ['podinfo', 'projen']) {
      statuses.push(...(await dora.send(eventsOf(name))));
    }
    await dora.settled();
  }, 120_000);
  afterAll(async () => {
    await dora?.stop();
  });

  it('are accepted whole', () => {
    expect(new Set(statuses)).toEqual(new Set(['accepted']));
  });

  it.each(['podinfo', 'projen'])(
    'answers for %s what the definitions say',
    async name => {
      const oracle = oracleDeployments(fixture(name));
      const zone = 'Europe/Lisbon';
      for (const [from, to] of [
        ['2018-01-01', '2027-01-01'],
        ['2021-03-15', '2021-11-02'],
        ['2023-01-01', '2024-01-01'],
      ]) {
        const expected = oracleFigures(
          oracle,
          DateTime.fromISO(from, { zone }),
          DateTime.fromISO(to, { zone }),
        );
        const { status, body } = await dora.get(
          `/metrics?entityRef=component:default/${name}&from=${from}&to=${to}&timeZone=${zone}&interval=month`,
        );
        expect(status).toBe(200);
        const { deploymentFrequency, changeLeadTime, changeFailRate } =
          body.metrics;
        expect(deploymentFrequency.deployments).toBe(expected.deployments);
        expect(deploymentFrequency.perDay).toBeCloseTo(expected.perDay, 9);
        expect(changeLeadTime.changes).toBe(expected.changes);
        expect(changeLeadTime.maxRelativeError).toBe(0);
        expect(changeLeadTime.p50Seconds).toBeCloseTo(expected.p50!, 6);
        expect(changeLeadTime.p75Seconds).toBeCloseTo(expected.p75!, 6);
        expect(changeLeadTime.p90Seconds).toBeCloseTo(expected.p90!, 6);
        expect(changeFailRate.status).toBe('no_data');
        const counted = body.series.reduce(
          (
            sum: number,
            part: {
              metrics: { deploymentFrequency: { deployments?: number } };
            },
          ) => sum + (part.metrics.deploymentFrequency.deployments ?? 0),
          0,
        );
        expect(counted).toBe(expected.deployments);
      }
    },
    240_000,
  );

  it.each(['podinfo', 'projen'])(
    'lists every deployment of %s once, by page and as CSV',
    async name => {
      const oracle = oracleDeployments(fixture(name));
      const query = `entityRef=component:default/${name}&from=2017-01-01&to=2027-01-01`;
      const paged: { revision: string; kind: string }[] = [];
      let cursor = '';
      do {
        const { body } = await dora.get(
          `/deployments?${query}&limit=100${cursor && `&cursor=${cursor}`}`,
        );
        paged.push(...body.items);
        cursor = body.nextCursor ?? '';
      } while (cursor);
      const sorted = (rows: { revision: string; kind: string }[]) =>
        rows.map(({ revision, kind }) => `${revision} ${kind}`).sort();
      expect(sorted(paged)).toEqual(sorted(oracle));

      const csv = await dora.get(`/deployments?${query}&format=csv`);
      expect(csv.headers['content-type']).toMatch(/^text\/csv/);
      expect(csv.text.trim().split('\r\n')).toHaveLength(oracle.length + 1);
      const negotiated = await dora
        .get(`/deployments?${query}&kind=redeploy`)
        .set('accept', 'text/csv');
      expect(negotiated.text.trim().split('\r\n')).toHaveLength(
        oracle.filter(({ kind }) => kind === 'redeploy').length + 1,
      );
    },
    240_000,
  );
});
