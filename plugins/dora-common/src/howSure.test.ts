import { DomainEvent } from './events';
import {
  deploy,
  failureData,
  incident,
  line,
  story,
} from './__testUtils__/scenario';

const WEEK = 168;

/** So many deployments, one commit each, every ten hours from hour 100 on. */
const deployments = (n: number): DomainEvent[] => [
  line(n),
  failureData,
  ...Array.from({ length: n }, (_, i) =>
    deploy(`D${i + 1}`, `c${i + 1}`, 100 + 10 * i),
  ),
];
/** Each of them fails an hour later, for an hour. */
const incidents = (n: number): DomainEvent[] =>
  Array.from({ length: n }, (_, i) => [
    incident(`I${i + 1}`, 'opened', 101 + 10 * i),
    incident(`I${i + 1}`, 'resolved', 102 + 10 * i),
  ]).flat();
const figures = (...events: DomainEvent[]) => story(events).metrics().metrics;

describe('figures of few', () => {
  it.each([
    [4, 'insufficient_data'],
    [5, 'ok'],
  ] as const)('rates of %d deployments are %s', (n, status) => {
    const { changeFailRate, deploymentReworkRate } = figures(
      ...deployments(n),
      ...incidents(1),
    );
    // The numbers behind them are given all the same.
    expect(changeFailRate).toMatchObject({
      status,
      failed: 1,
      deployments: n,
      rate: 1 / n,
      confidenceInterval: [expect.any(Number), expect.any(Number)],
    });
    expect(deploymentReworkRate).toMatchObject({ status, deployments: n });
  });

  it.each([
    [5, 'insufficient_data'],
    [6, 'ok'],
  ] as const)('medians of %d values are %s', (n, status) => {
    // What the first deployment brought has no lead time that counts.
    const { changeLeadTime } = figures(...deployments(n + 1));
    expect(changeLeadTime).toMatchObject({
      status,
      changes: n,
      p50Seconds: expect.any(Number),
    });
    const { failedDeploymentRecoveryTime } = figures(
      ...deployments(n + 1),
      ...incidents(n),
      incident('open', 'opened', 101 + 10 * n),
    );
    expect(failedDeploymentRecoveryTime).toMatchObject({
      status,
      recovered: n,
      // Counted apart, and part of no median.
      unrecovered: 1,
      p50Seconds: 7_200,
    });
  });
});

describe('deployment frequency', () => {
  const connected = story(deployments(3));
  const frequency = (from: number, to: number) =>
    connected.metrics(from, to).metrics.deploymentFrequency;

  it('is 0 where a connected source has nothing deployed, and unknown before', () => {
    expect(frequency(1_000, 2_000)).toMatchObject({
      status: 'ok',
      deployments: 0,
      perDay: 0,
    });
    expect(frequency(-1_000, 0)).toEqual({ status: 'no_data' });
  });

  it('counts a deployment at the beginning of a window, and none at its end', () => {
    expect(frequency(100, 120)).toMatchObject({ deployments: 2 });
    expect(frequency(120, 140)).toMatchObject({ deployments: 1 });
  });

  it('is the median of deploying days over whole weeks, those without any included', () => {
    const { metrics } = story([
      line(4),
      deploy('Monday', 'c1', 12),
      deploy('Tuesday', 'c2', 36),
      deploy('later on Tuesday', 'c3', 40),
      deploy('two weeks later', 'c4', 2 * WEEK + 12),
    ]);
    // Days by week: 2, 0, 1, 0.
    expect(metrics(0, 4 * WEEK).metrics.deploymentFrequency).toMatchObject({
      deployments: 4,
      medianDeployingDaysPerWeek: 0.5,
      wholeWeeks: 4,
    });
    // The first week is cut.
    expect(metrics(1, 4 * WEEK).metrics.deploymentFrequency).toMatchObject({
      deployments: 4,
      medianDeployingDaysPerWeek: 0,
      wholeWeeks: 3,
    });
  });
});
