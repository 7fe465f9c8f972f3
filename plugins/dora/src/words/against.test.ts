import { fullMetrics, metricsResponse } from '../__testUtils__/responses';
import { againstWords, captionOf, scopeName, windowWords } from './against';
import { figureWords, verdictWords } from './figures';

const response = metricsResponse();
const zone = { timeZone: 'UTC' };

describe('scopeName', () => {
  it.each([
    [undefined, 'Everything'],
    ['group:default/payments', 'payments (group)'],
    ['system:payments', 'payments (system)'],
    ['nonsense', 'nonsense'],
  ])('calls %s %s', (ref, name) => {
    expect(scopeName(ref)).toBe(name);
  });
});

it('calls a part of the organisation what people call it, where that is known', () => {
  expect(scopeName('group:default/payments', 'Payments')).toBe(
    'Payments (group)',
  );
  expect(captionOf(response, 'Payments').scope).toBe(
    scopeName(response.scope.entityRef, 'Payments'),
  );
  const other = againstWords(
    { ...zone, comparison: 'scope', compareScope: 'group:default/eu' },
    response,
    'Shops (Europe)',
  );
  expect(other).toMatchObject({
    name: 'Shops (Europe)',
    when: 'in Shops (Europe)',
  });
});

it('names the last day of a window, not the day after it', () => {
  expect(
    windowWords(
      { from: '2026-01-04T23:00:00Z', to: '2026-01-25T23:00:00Z' },
      'Europe/Paris',
    ),
  ).toMatch(/Jan 5, 2026 to Jan 25, 2026/);
});

it('says of a picture and a file what the numbers lack', () => {
  expect(
    captionOf(
      metricsResponse({
        dataQuality: [
          { code: 'no_builds', services: ['component:default/checkout'] },
          {
            code: 'beyond_retention',
            services: ['component:default/checkout'],
            since: '2025-06-01T00:00:00.000Z',
          },
        ],
      }),
    ),
  ).toMatchObject({
    notes: ['The history of checkout is kept from 2025-06-01 on'],
    dataQuality: 'no_builds beyond_retention:2025-06-01T00:00:00.000Z',
  });
});

describe('a comparison', () => {
  it('is with the period before, unless a reader chooses', () => {
    expect(figureWords('changeLeadTime', response).comparison).toBe(
      'Changed beyond chance: shorter. It was 2 h 5 min in the period before.',
    );
  });

  it('with a year before says so', () => {
    const against = againstWords({ comparison: 'year', ...zone }, response);
    expect(figureWords('changeFailRate', response, against).comparison).toBe(
      'No evidence of change. It was 7.1 % a year before.',
    );
  });

  it('with other dates names them', () => {
    const against = againstWords({ comparison: 'dates', ...zone }, response);
    expect(
      figureWords('failedDeploymentRecoveryTime', response, against).comparison,
    ).toMatch(
      /^Not enough data to compare with Dec 15, 2025 to Jan 4, 2026\. It was 21 min from /,
    );
  });

  it('with another scope speaks of here and there, not of then and now', () => {
    const against = againstWords(
      {
        comparison: 'scope',
        compareScope: 'group:default/payments',
        ...zone,
      },
      response,
    );
    expect(figureWords('changeLeadTime', response, against).comparison).toBe(
      'Differs beyond chance: shorter here. It is 2 h 5 min in payments.',
    );
    expect(verdictWords('changeFailRate', response, against)).toBe(
      'No evidence of a difference.',
    );
  });

  it('tells how often in a unit that two periods of different length share', () => {
    expect(
      figureWords(
        'deploymentFrequency',
        metricsResponse({
          comparison: { ...response.comparison, metrics: fullMetrics },
        }),
      ).comparison,
    ).toContain('It was 42 deployments (1.4 a day) in the period before.');
  });
});
