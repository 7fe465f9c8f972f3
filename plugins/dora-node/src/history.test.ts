import * as fc from 'fast-check';
import {
  chainOfPush,
  looksLikeMerge,
  PushedCommit,
  revertedCommits,
  subjectOf,
  trailerOf,
} from './history';

const id = (n: number) => n.toString(16).padStart(40, '0');
const commit = (n: number, doubtful = false): PushedCommit => ({
  id: id(n),
  committedAt: '2026-05-04T09:00:00.000Z',
  doubtful,
});

describe('chainOfPush', () => {
  it('either tells a chain from what was there to what is there, or nothing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            n: fc.integer({ min: 0, max: 6 }),
            doubtful: fc.boolean(),
          }),
        ),
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 6 }),
        fc.boolean(),
        fc.boolean(),
        (items, before, after, forced, complete) => {
          const commits = items.map(({ n, doubtful }) => commit(n, doubtful));
          const chain = chainOfPush({
            before: id(before),
            after: id(after),
            forced,
            complete,
            commits,
          });
          if (!chain) {
            return;
          }
          expect(forced || !complete || before === 0).toBe(false);
          expect(chain.at(-1)?.id).toBe(id(after));
          const known = [id(before), ...chain.map(each => each.id)];
          chain.forEach((each, index) => {
            expect(each.parents).toEqual([known[index]]);
          });
          expect(new Set(known).size).toBe(known.length);
        },
      ),
    );
  });

  it('believes a single commit, whoever made it', () => {
    expect(
      chainOfPush({
        before: id(1),
        after: id(2),
        forced: false,
        complete: true,
        commits: [commit(2, true)],
      }),
    ).toMatchObject([{ id: id(2), parents: [id(1)] }]);
  });
});

it.each([
  ['Merge pull request #7 from acme/topic', true],
  ["Merge branch 'topic' into main", true],
  ["Merge remote-tracking branch 'origin/main'", true],
  ['Merged in topic (pull request #7)', true],
  ['Merge the two lists', false],
  ['Emergency fix', false],
])('%s looks like a merge: %s', (message, merge) => {
  expect(looksLikeMerge(message)).toBe(merge);
});

it('finds what a message reverts, each once', () => {
  const message = `Revert "A"\n\nThis reverts commit ${id(
    1,
  )}.\nThis reverts commit ${id(1)},\nthis reverts commit ${id(2)}`;
  expect(revertedCommits(message)).toEqual([id(1), id(2)]);
  expect(revertedCommits('Reverts #7')).toBeUndefined();
  expect(subjectOf(message)).toBe('Revert "A"');
});

it.each([
  ['Caused by: 123', '123'],
  ['text\r\n**Caused by:** `123`\r\nmore', '123'],
  ['> - caused by : 123', '123'],
  ['It was caused by: 123', undefined],
  ['Caused by:', undefined],
  [7, undefined],
])('reads the line of %j as %j', (body, value) => {
  expect(trailerOf(body, ['caused by'])).toBe(value);
});
