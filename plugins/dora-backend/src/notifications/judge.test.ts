import {
  Metrics,
  MetricsResponse,
  Verdict,
} from '@pavedroad/plugin-dora-common';
import fc from 'fast-check';
import { judge, Judgement, nextWatchState, WatchState } from './judge';

const NO_DATA: Metrics = {
  deploymentFrequency: { status: 'no_data' },
  changeLeadTime: { status: 'no_data' },
  changeFailRate: { status: 'no_data' },
  failedDeploymentRecoveryTime: { status: 'no_data' },
  deploymentReworkRate: { status: 'no_data' },
};

function response(
  now: Partial<Metrics>,
  before: Partial<Metrics>,
  verdicts: Partial<Record<keyof Metrics, Verdict>>,
): MetricsResponse {
  return {
    scope: { services: 1 },
    window: {
      from: '2026-05-01T00:00:00Z',
      to: '2026-05-29T00:00:00Z',
      timeZone: 'UTC',
      interval: 'week',
    },
    definition: { version: 1, environment: 'production' },
    sampleData: false,
    metrics: { ...NO_DATA, ...now },
    comparison: {
      window: { from: '2026-04-03T00:00:00Z', to: '2026-05-01T00:00:00Z' },
      metrics: { ...NO_DATA, ...before },
      verdicts: {
        deploymentFrequency: 'insufficient_data',
        changeLeadTime: 'insufficient_data',
        changeFailRate: 'insufficient_data',
        failedDeploymentRecoveryTime: 'insufficient_data',
        deploymentReworkRate: 'insufficient_data',
        ...verdicts,
      },
    },
    series: [],
    excluded: [],
    dataQuality: [],
  };
}

describe('judge', () => {
  const failRate = (failed: number, deployments: number) => ({
    changeFailRate: {
      status: 'ok' as const,
      failed,
      deployments,
      rate: failed / deployments,
    },
  });
  it.each([
    [
      '3 of 40 against 3 of 40',
      [3, 40],
      [3, 40],
      'no_evidence_of_change',
      { evidence: 'none' },
    ],
    [
      '12 of 60 against 4 of 60: beyond chance at 95 % alone',
      [12, 60],
      [4, 60],
      'changed',
      { evidence: 'weak', direction: 'up' },
    ],
    [
      '20 of 60 against 2 of 60',
      [20, 60],
      [2, 60],
      'changed',
      { evidence: 'strong', direction: 'up' },
    ],
    [
      '2 of 60 against 20 of 60',
      [2, 60],
      [20, 60],
      'changed',
      { evidence: 'strong', direction: 'down' },
    ],
    [
      '2 of 3 against 0 of 3',
      [2, 3],
      [0, 3],
      'insufficient_data',
      { evidence: 'unknown' },
    ],
  ] as const)('a rate of %s', (_, now, before, verdict, expected) => {
    expect(
      judge(
        response(failRate(now[0], now[1]), failRate(before[0], before[1]), {
          changeFailRate: verdict,
        }),
      ).changeFailRate,
    ).toEqual(expected);
  });

  const count = (deployments: number) => ({
    deploymentFrequency: {
      status: 'ok' as const,
      deployments,
      perDay: deployments / 28,
    },
  });
  // Two-sided p of the conditional binomial test: 30 of 46 is 0.054, 32 of 46 is 0.011, 34 of 46 is 0.0016.
  it.each([
    [32, 14, 'changed', 'weak'],
    [34, 12, 'changed', 'strong'],
    [12, 34, 'changed', 'strong'],
    [30, 16, 'no_evidence_of_change', 'none'],
  ] as const)('%i deployments against %i', (now, before, verdict, evidence) => {
    expect(
      judge(
        response(count(now), count(before), { deploymentFrequency: verdict }),
      ).deploymentFrequency.evidence,
    ).toBe(evidence);
  });

  const leadTime = (p50Seconds: number, spread: number) => ({
    changeLeadTime: {
      status: 'ok' as const,
      p50Seconds,
      p50ConfidenceInterval: [p50Seconds - spread, p50Seconds + spread] as [
        number,
        number,
      ],
    },
  });
  // The standard error of each is spread / 1.96; of the difference √2 times that.
  it.each([
    ['2.83 errors apart', 1000, 400, 300, 'strong'],
    ['2.1 errors apart', 1000, 550, 300, 'weak'],
  ])('medians %s', (_, now, before, spread, evidence) => {
    expect(
      judge(
        response(leadTime(now, spread), leadTime(before, spread), {
          changeLeadTime: 'changed',
        }),
      ).changeLeadTime,
    ).toEqual({ evidence, direction: 'up' });
  });
});

describe('nextWatchState', () => {
  const LOOKS: Record<string, Judgement> = {
    '⇑': { evidence: 'strong', direction: 'up' },
    '⇓': { evidence: 'strong', direction: 'down' },
    '↑': { evidence: 'weak', direction: 'up' },
    '↓': { evidence: 'weak', direction: 'down' },
    '-': { evidence: 'none' },
    '?': { evidence: 'unknown' },
  };
  /** Looks from left to right; N marks those that were news. */
  function run(looks: string): string {
    let state: WatchState | undefined;
    return [...looks]
      .map(look => {
        const next = nextWatchState(state, LOOKS[look]);
        state = next.state;
        return next.isNews ? 'N' : '.';
      })
      .join('');
  }

  it.each([
    ['the first look is no news', '⇑⇑⇑', '...'],
    ['a change is news once', '-⇑⇑⇑⇑', '.N...'],
    ['weak evidence alone is none', '-↑↑↑', '....'],
    ['what lies on the edge does not flap', '-⇑↑⇑-⇑--⇑↑⇑', '.N.........'],
    ['three calm looks end it, then it may be news again', '-⇑---⇑', '.N...N'],
    ['the other way is news', '-⇑⇓', '.NN'],
    ['the other way, weakly, is not', '-⇑↓↓↓↓⇑', '.N.....'],
    ['missing data changes nothing', '-⇑??-?-⇑', '.N......'],
    ['and does not begin a watch', '??⇑-⇑', '.....'],
  ])('%s: %s', (_, looks, expected) => {
    expect(run(looks)).toBe(expected);
  });

  it('is never news twice in one direction without three calm looks or the other direction between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...Object.keys(LOOKS)), { maxLength: 60 }),
        looks => {
          const marks = run(looks.join(''));
          const news = [...marks].flatMap((mark, i) => (mark === 'N' ? i : []));
          const calmBetween = news
            .slice(1)
            .map((end, i) => ({
              isRepeated: looks[end] === looks[news[i]],
              calm: looks.slice(news[i], end).filter(look => look === '-'),
            }))
            .filter(({ isRepeated }) => isRepeated)
            .map(({ calm }) => calm.length);
          expect(calmBetween.filter(calm => calm < 3)).toEqual([]);
        },
      ),
    );
  });
});
