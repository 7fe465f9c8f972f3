import { detailResponse } from '../__testUtils__/responses';
import { deploymentStory, leftOut, webAddress } from './deployment';

const tell = (more: Parameters<typeof detailResponse>[0]) =>
  deploymentStory(detailResponse(more), instant => `${instant.slice(0, 10)}`);

describe('deploymentStory', () => {
  it('tells what was deployed, what it brought and what became of it', () => {
    expect(tell({ recoverySeconds: 1380 })).toEqual({
      what: 'Deployed to production on 2026-01-20. It brought 3 changes, half of them committed within 1 h 30 min before.',
      became: 'Incident: Checkout is slow; recovered after 23 min.',
    });
  });

  it.each([
    [
      { recoverySeconds: undefined },
      'Incident: Checkout is slow; not recovered yet.',
    ],
    [{ outcome: 'ok' as const }, 'No failure is known.'],
    [
      { outcome: 'ok' as const, failureData: false },
      'Whether it failed is not known: failures of the service were not reported at the time.',
    ],
    [
      { outcome: 'attempt_failed' as const },
      'It served nobody, so it counts in no metric.',
    ],
  ])('tells what became of %p', (more, became) => {
    expect(tell(more).became).toBe(became);
  });

  it.each([
    [{ changes: 1 }, 'It brought 1 change, committed 1 h 30 min before.'],
    [
      { changes: 0, leadTimeP50Seconds: undefined },
      'It brought no change that had not been deployed before.',
    ],
    [
      { kind: 'rollback' as const, changes: 0 },
      'It went back to an earlier revision.',
    ],
    [
      { kind: 'redeploy' as const, changes: 0 },
      'It put the revision there that was running already.',
    ],
    [
      { historyGap: 'unknown_history' as const, changes: 0 },
      'Which changes it brought cannot be told. The history of its revision is not known.',
    ],
    [
      {
        environments: ['eu', 'us'],
        finishedEverywhereAt: '2026-01-20T12:10:00.000Z',
      },
      'Deployed to eu and us on 2026-01-20, everywhere 10 min later.',
    ],
    [
      { reworkReason: 'hotfix' as const },
      'An unplanned repair: it is a hotfix.',
    ],
  ])('tells what came with %p', (more, sentence) => {
    expect(tell(more).what).toContain(sentence);
  });
});

describe('leftOut', () => {
  it('counts all the changes of a deployment, not those that are shown', () => {
    expect(
      leftOut(
        detailResponse({
          changes: 1_203,
          excludedChanges: [
            { reason: 'bot', changes: 1_200 },
            { reason: 'negative_total_time', changes: 1 },
          ],
        }),
      ),
    ).toEqual([
      expect.stringMatching(/^1,200 changes: Made by a configured bot/),
      expect.stringMatching(/^1 change: Committed after/),
    ]);
  });

  it('says nothing of a deployment that counts everywhere', () => {
    expect(leftOut(detailResponse())).toEqual([]);
  });

  it.each([
    [{ kind: 'rollback' as const }, /counted as rework/],
    [{ kind: 'redeploy' as const }, /left out of deployment frequency/],
    [{ failureData: false }, /Failures were not reported/],
    [{ origin: 'release_tag' as const }, /releases in git alone/],
    [{ outcome: 'attempt_failed' as const }, /counted in no metric/],
    [
      {
        changeRows: detailResponse().changeRows.map(row => ({
          ...row,
          excluded: 'bot' as const,
        })),
      },
      /^1 change: Made by a configured bot/,
    ],
  ])('names the reason of %p', (more, sentence) => {
    expect(leftOut(detailResponse(more))[0]).toMatch(sentence);
  });
});

it.each([
  ['https://ci.example/1', 'https://ci.example/1'],
  ['data:text/html,x', undefined],
  ['//evil.example', undefined],
  [undefined, undefined],
])('follows %p only where it leads to the web', (url, expected) => {
  expect(webAddress(url)).toBe(expected);
});
