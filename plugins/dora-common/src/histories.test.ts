import { readFileSync } from 'fs';
import { join } from 'path';
import { DateTime } from 'luxon';
import { computeMetrics } from './computeMetrics';
import { deriveServiceFacts } from './derive/deriveServiceFacts';
import { DomainEvent } from './events';
import { parseGitHistory } from './histories';
import { rowsFromFacts } from './rowsFromFacts';
import { oracleDeployments, oracleFigures } from './__testUtils__/oracle';

const fixture = (name: string) =>
  join(__dirname, '../fixtures/histories', `${name}.ndjson`);

function eventsOf(name: string): DomainEvent[] {
  const history = parseGitHistory(readFileSync(fixture(name), 'utf8'));
  return [
    { type: 'commits', repository: `real/${name}`, commits: history.commits },
    ...history.releases.map(
      (release): DomainEvent => ({
        type: 'release_tag',
        repository: `real/${name}`,
        tag: release.name,
        revision: release.revision,
        releasedAt: release.releasedAt,
      }),
    ),
  ];
}

describe.each(['podinfo', 'projen'])('the real history of %s', name => {
  const events = eventsOf(name);
  const facts = deriveServiceFacts({
    serviceRef: `component:default/${name}`,
    events,
  });
  const rows = rowsFromFacts([facts], 'production');
  const oracle = oracleDeployments(fixture(name));

  function figures(from: DateTime, to: DateTime, timeZone: string) {
    return computeMetrics(rows, {
      from: +from,
      to: +to,
      compareFrom: +from - (+to - +from),
      compareTo: +from,
      timeZone,
      interval: 'month',
      environment: 'production',
    });
  }

  it('decides every kind as the definitions do', () => {
    const decided = new Map(facts.attempts.map(a => [a.id, a.deploymentId]));
    expect(
      facts.deployments.map(d => [decided.get(d.id), d.kind, d.changes]),
    ).toEqual(oracle.map(d => [d.tag, d.kind, d.leadTimes.length + d.left]));
  });

  it.each(['UTC', 'Asia/Kathmandu'])('agrees as a whole in %s', timeZone => {
    const from = DateTime.fromISO('2018-01-01', { zone: timeZone });
    const to = DateTime.fromISO('2027-01-01', { zone: timeZone });
    const expected = oracleFigures(oracle, from, to);
    const { metrics, excluded } = figures(from, to, timeZone);
    expect(metrics.deploymentFrequency.deployments).toBe(expected.deployments);
    expect(metrics.deploymentFrequency.perDay).toBeCloseTo(expected.perDay, 12);
    expect(metrics.deploymentFrequency.medianDeployingDaysPerWeek).toBe(
      expected.medianDays,
    );
    expect(metrics.changeLeadTime.changes).toBe(expected.changes);
    expect(metrics.changeLeadTime.p50Seconds).toBeCloseTo(expected.p50!, 6);
    expect(metrics.changeLeadTime.p75Seconds).toBeCloseTo(expected.p75!, 6);
    expect(metrics.changeLeadTime.p90Seconds).toBeCloseTo(expected.p90!, 6);
    expect(metrics.changeFailRate.status).toBe('no_data');
    expect(metrics.deploymentReworkRate.status).toBe('no_data');
    expect(excluded.find(e => e.reason === 'first_deployment')).toMatchObject({
      changes: expected.firstDeploymentChanges,
      deployments: 1,
    });
  });

  it.each(['America/Los_Angeles', 'Europe/Lisbon'])(
    'agrees in every month in %s',
    timeZone => {
      const start = DateTime.fromISO('2018-01-01', { zone: timeZone });
      const end = DateTime.fromISO('2027-01-01', { zone: timeZone });
      const { series } = figures(start, end, timeZone);
      expect(series).toHaveLength(9 * 12);
      for (const { from, to, metrics } of series) {
        const expected = oracleFigures(
          oracle,
          DateTime.fromISO(from, { zone: timeZone }),
          DateTime.fromISO(to, { zone: timeZone }),
        );
        const { deploymentFrequency, changeLeadTime } = metrics;
        expect(deploymentFrequency.deployments ?? 0).toBe(expected.deployments);
        expect(changeLeadTime.changes ?? 0).toBe(expected.changes);
        for (const p of ['p50', 'p75', 'p90'] as const) {
          expect(changeLeadTime[`${p}Seconds`]?.toFixed(6)).toBe(
            expected[p]?.toFixed(6),
          );
        }
        // Before the first release nothing is known, where the oracle counts weeks of zero.
        expect(deploymentFrequency.medianDeployingDaysPerWeek).toBe(
          deploymentFrequency.status === 'ok' ? expected.medianDays : undefined,
        );
      }
    },
  );

  it('derives in well under a second', () => {
    const started = performance.now();
    deriveServiceFacts({ serviceRef: 'component:default/again', events });
    expect(performance.now() - started).toBeLessThan(900);
  });
});
