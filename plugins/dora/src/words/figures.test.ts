import {
  fullMetrics,
  metricsResponse,
  noMetrics,
} from '../__testUtils__/responses';
import { bottleneck, figureWords, METRIC_NAMES, perTime } from './figures';

describe('figureWords', () => {
  const response = metricsResponse();

  it.each([
    [
      'changeLeadTime',
      'Half of the changes reached production within 1 h 30 min.',
      'Changed beyond chance: shorter. It was 2 h 5 min in the period before.',
    ],
    [
      'deploymentFrequency',
      '42 deployments brought changes to production, 1.4 a day.',
      'No evidence of change. It was 42 deployments (1.4 a day) in the period before.',
    ],
    [
      'changeFailRate',
      '3 of 42, 7.1 % of deployments failed in production.',
      'No evidence of change. It was 7.1 % in the period before.',
    ],
    [
      'failedDeploymentRecoveryTime',
      'Half of the failed deployments were recovered within 21 min.',
      'Not enough data to compare with the period before. It was 21 min in the period before.',
    ],
    [
      'deploymentReworkRate',
      '4 of 46, 8.7 % of deployments were unplanned repairs.',
      'No evidence of change. It was 8.7 % in the period before.',
    ],
  ] as const)('says %s', (name, answer, comparison) => {
    expect(figureWords(name, response)).toMatchObject({ answer, comparison });
  });

  it('names the interval, the sample and what is not recovered', () => {
    expect(figureWords('changeLeadTime', response).facts).toEqual([
      'Median of 130 changes in 40 deployments',
      '95 % interval: 1 h 18 min to 1 h 50 min',
      'Three quarters within 2 h 32 min, nine in ten within 5 h 40 min',
    ]);
    expect(
      figureWords('failedDeploymentRecoveryTime', response).facts,
    ).toContain('1 failed deployment not recovered yet');
  });

  it('has no number where nothing is known', () => {
    const unknown = metricsResponse({ metrics: noMetrics });
    for (const name of METRIC_NAMES) {
      const words = figureWords(name, unknown);
      expect(words.value).toBeUndefined();
      expect(words.answer).not.toMatch(/\d/);
    }
  });

  it('tells none deployed, and none failed, from not known', () => {
    const quiet = metricsResponse({
      metrics: {
        ...fullMetrics,
        deploymentFrequency: {
          status: 'ok',
          deployments: 0,
          perDay: 0,
          wholeWeeks: 0,
        },
        failedDeploymentRecoveryTime: {
          status: 'no_data',
          recovered: 0,
          unrecovered: 0,
        },
      },
    });
    expect(figureWords('deploymentFrequency', quiet).answer).toBe(
      'Nothing was deployed to production in this period.',
    );
    expect(figureWords('failedDeploymentRecoveryTime', quiet).answer).toBe(
      'No deployment failed in this period.',
    );
  });
});

describe('perTime', () => {
  it.each([
    [12.4, '12 a day'],
    [1.42, '1.4 a day'],
    [0.5, '3.5 a week'],
    [0.1, '3 a month'],
  ])('%f a day is %s', (perDay, words) => {
    expect(perTime(perDay)).toBe(words);
  });
});

describe('bottleneck', () => {
  const { stages } = fullMetrics.changeLeadTime;

  it('names the stage in which most of the time passes', () => {
    expect(bottleneck(stages!)).toBe(
      'Most of the lead time, 55 %, passes between opening the pull request and its last approval.',
    );
  });

  it('names none where only the whole is known', () => {
    expect(
      bottleneck(
        stages!.map((stage, i) => ({
          ...stage,
          changes: i === 4 ? 130 : 0,
          shareOfTotal: i === 4 ? 1 : 0,
        })),
      ),
    ).toBeUndefined();
  });
});
