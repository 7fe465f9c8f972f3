import { computeMetrics } from './computeMetrics';
import { parseMetricsQuery } from './parseMetricsQuery';
import { DeploymentRow, ServiceRow } from './rows';

const DAY = 86_400_000;
const at = (day: number) => Date.UTC(2026, 0, 1) + day * DAY;
const iso = (day: number) => new Date(at(day)).toISOString();

const service: ServiceRow = {
  serviceRef: 'component:default/checkout',
  connectedSince: at(-500),
  sample: false,
  hasDeployments: true,
  hasFailureData: false,
  hasCommits: true,
  hasPullRequests: true,
  hasBuilds: true,
  onlyReleaseTags: false,
  unknownHistory: 0,
  clampedChanges: 0,
  unattributedIncidents: 0,
};

/** A deployment a day from the day on from which they are kept. */
const CUT = 40;
const deployments = (until: number): DeploymentRow[] =>
  Array.from({ length: until - CUT }, (_, i) => ({
    id: `d${i}`,
    finishedAt: at(CUT + i) + 1,
    kind: 'change',
    failureData: false,
    failed: false,
    rework: false,
    origin: 'event',
    first: false,
    unknownHistory: false,
    sample: false,
  }));

/** Days, half-open. */
interface Days {
  from: number;
  to: number;
}

const ask = (
  rows: ServiceRow | ServiceRow[],
  { from, to }: Days,
  compared: Days,
) =>
  computeMetrics(
    {
      services: [rows].flat(),
      deployments: deployments(90),
      changes: [],
      incidents: [],
    },
    parseMetricsQuery(
      {
        from: iso(from),
        to: iso(to),
        compareFrom: iso(compared.from),
        compareTo: iso(compared.to),
        interval: 'day',
      },
      at(100),
    ),
  );

describe('what is not kept any more', () => {
  const kept = { ...service, keptFrom: at(CUT) };

  it('is no time without deployments', () => {
    const { metrics, series } = ask(
      kept,
      { from: 0, to: 90 },
      { from: -90, to: 0 },
    );
    expect(metrics.deploymentFrequency).toMatchObject({
      status: 'ok',
      deployments: 50,
      perDay: 1,
      medianDeployingDaysPerWeek: 7,
    });
    expect(
      series.map(bucket => bucket.metrics.deploymentFrequency.status),
    ).toEqual([
      ...Array.from({ length: CUT }, () => 'no_data'),
      ...Array.from({ length: 90 - CUT }, () => 'ok'),
    ]);
  });

  it('is nothing to have changed from', () => {
    const before = { from: 0, to: CUT };
    expect(
      ask(kept, { from: CUT, to: 80 }, before).comparison.verdicts
        .deploymentFrequency,
    ).toBe('insufficient_data');
    // Kept, and empty: then it did.
    expect(
      ask(service, { from: CUT, to: 80 }, before).comparison.verdicts
        .deploymentFrequency,
    ).toBe('changed');
  });

  // Its incidents reach back further than what is kept; no deployment of its is gone.
  const young = {
    ...service,
    serviceRef: 'component:default/young',
    connectedSince: at(CUT),
    hasFailureData: true,
  };
  const pager = {
    ...service,
    serviceRef: 'component:default/pager',
    connectedSince: undefined,
    hasDeployments: false,
    hasFailureData: true,
  };
  it.each([
    ['incidents only, beside a young service', [pager, young]],
    ['a young service with older incidents', [young]],
    ['incidents only', [pager]],
  ])('is no deployment where it is %s', (_, rows) => {
    const answer = (services: ServiceRow[]) => {
      const { metrics, series, comparison } = ask(
        services,
        { from: 0, to: 90 },
        { from: -90, to: 0 },
      );
      return { metrics, series, comparison };
    };
    expect(answer(rows.map(row => ({ ...row, keptFrom: at(CUT) })))).toEqual(
      answer(rows),
    );
  });

  it('is left out of the time that is compared', () => {
    const before = { from: 0, to: 50 };
    expect(
      ask(kept, { from: 50, to: 90 }, before).comparison.verdicts
        .deploymentFrequency,
    ).toBe('no_evidence_of_change');
    expect(
      ask(service, { from: 50, to: 90 }, before).comparison.verdicts
        .deploymentFrequency,
    ).toBe('changed');
  });
});
