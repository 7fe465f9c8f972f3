import {
  DeploymentFact,
  FailureAttribution,
} from '@pavedroad/plugin-dora-common';
import { decideFailure, FailureCandidate } from './failures';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-05-04T12:00:00Z');
const TEAM = 'group:default/team-a';
const INES = 'user:default/ines.duarte';

const attribution = (
  change: Partial<FailureAttribution> = {},
): FailureAttribution => ({
  id: 'a1',
  cause: { kind: 'incident', id: 'outage' },
  blamed: 'd1',
  method: 'time_proximity',
  confidence: 0.5,
  evidence: 'Soon after.',
  author: { kind: 'event', name: 'alerts' },
  recordedAt: '2026-05-04T11:30:00Z',
  state: 'live',
  ...change,
});
const deployment = (change: Partial<DeploymentFact> = {}): DeploymentFact => ({
  id: 'd1',
  serviceRef: 'component:default/checkout',
  tier: 'production',
  members: ['d1'],
  environments: ['production'],
  kind: 'change',
  finishedAt: NOW - HOUR,
  finishedEverywhereAt: NOW - HOUR,
  sequence: 1,
  first: false,
  changes: 1,
  origin: 'event',
  failureData: true,
  failed: true,
  rework: false,
  labels: [],
  sample: false,
  ...change,
});
const asked = (subscriber: string, createdAt = '2026-05-01T00:00:00Z') => ({
  subscriber,
  createdAt,
});
const decide = (
  change: Partial<FailureCandidate> = {},
  subscriptions = [asked(TEAM)],
) =>
  decideFailure(
    {
      serviceRef: 'component:default/checkout',
      deployment: deployment(),
      attributions: [attribution()],
      ...change,
    },
    subscriptions,
    [TEAM],
    { now: NOW, maxAge: 48 * HOUR },
  );

describe('decideFailure', () => {
  it.each([
    [
      'sample deployments',
      { deployment: deployment({ sample: true }) },
      'sample_data',
    ],
    [
      'backfilled releases',
      { deployment: deployment({ origin: 'release_tag' }) },
      'release_backfill',
    ],
    [
      'what is imported or replayed later',
      { deployment: deployment({ finishedAt: NOW - 49 * HOUR }) },
      'too_old',
    ],
    [
      'blame that was taken back',
      { attributions: [attribution({ state: 'withdrawn' })] },
      'not_blamed',
    ],
    ['no blame', { attributions: [] }, 'not_blamed'],
  ] as const)('tells nobody of %s', (_, change, pass) => {
    expect(decide(change as Partial<FailureCandidate>)).toEqual({ pass });
  });

  it.each([
    ['the owning group, and who is on call', [asked(TEAM)], [TEAM], true],
    ['a person alone', [asked(INES)], [INES], false],
    [
      'another group alone',
      [asked('group:default/shop')],
      ['group:default/shop'],
      false,
    ],
    [
      'everybody once',
      [asked(TEAM), asked(INES), asked(TEAM)],
      [TEAM, INES],
      true,
    ],
  ])('tells %s', (_, subscriptions, tell, alsoOnCall) => {
    expect(decide({}, subscriptions)).toMatchObject({ tell, alsoOnCall });
  });

  it('tells only those who asked before it failed', () => {
    const late = '2026-05-04T11:30:01Z';
    expect(decide({}, [asked(TEAM, late)])).toEqual({ pass: 'nobody_asked' });
    expect(decide({}, [asked(TEAM, late), asked(INES)])).toMatchObject({
      tell: [INES],
      alsoOnCall: false,
    });
  });

  it('names the attribution that came first', () => {
    const first = attribution({ id: 'a0', recordedAt: '2026-05-04T11:20:00Z' });
    expect(decide({ attributions: [attribution(), first] })).toMatchObject({
      attribution: { id: 'a0' },
    });
  });
});
