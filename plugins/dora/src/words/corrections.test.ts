import { DeploymentAttribution } from '@pavedroad/plugin-dora-common';
import { detailResponse } from '../__testUtils__/responses';
import {
  correctionNotice,
  groupByCause,
  liveWithout,
  overruledBecause,
  reassignmentEffects,
  withdrawalEffects,
} from './corrections';

const [derived] = detailResponse().attributions;
const attribution = (more: Partial<DeploymentAttribution>) => ({
  ...derived,
  blames: 'this' as const,
  ...more,
});

const guess = attribution({ id: 'guess', state: 'superseded' });
const byPerson = attribution({
  id: 'person',
  method: 'explicit',
  author: { kind: 'person', name: 'user:default/ines.duarte' },
  blames: 'none',
});
const named = attribution({
  id: 'named',
  method: 'revision',
  state: 'superseded',
  blames: 'another',
});

describe('liveWithout', () => {
  it.each([
    ['the strongest of the rest', [guess, named, byPerson], byPerson, 'named'],
    [
      'a guess, when nothing better is left',
      [guess, byPerson],
      byPerson,
      'guess',
    ],
    [
      'nothing that was taken back',
      [attribution({ id: 'gone', state: 'withdrawn' }), byPerson],
      byPerson,
      undefined,
    ],
    [
      'nothing about another cause',
      [attribution({ cause: { kind: 'rollback', id: 'x' } }), byPerson],
      byPerson,
      undefined,
    ],
  ])('is %s', (_, all, taken, expected) => {
    expect(liveWithout(all, taken)?.id).toBe(expected);
  });

  it('prefers a person at equal strength, then what was said later', () => {
    const event = attribution({ id: 'event', method: 'explicit' });
    const later = attribution({
      id: 'later',
      method: 'explicit',
      author: byPerson.author,
      recordedAt: '2026-01-21T00:00:00.000Z',
    });
    const taken = attribution({ id: 'taken', method: 'explicit' });
    expect(liveWithout([event, byPerson, later], taken)?.id).toBe('later');
  });
});

describe('what will happen', () => {
  it('says which weaker one returns, and that the deployment fails again', () => {
    expect(withdrawalEffects([guess, byPerson], byPerson)).toEqual([
      'What is known next counts again: “Was running when the incident opened”, which puts it down to this deployment.',
      'This deployment will count as failed.',
    ]);
  });

  it('says that nothing is left, and that what events tell does not come back', () => {
    const effects = withdrawalEffects([derived], derived);
    expect(effects).toContain(
      'Nothing else is known about the cause, so it will be put down to no deployment.',
    );
    expect(effects).toContain(
      'This deployment will no longer count as failed.',
    );
    expect(effects.join(' ')).toContain('will not come back by itself');
  });

  it('knows that another failure keeps the deployment failed', () => {
    const other = attribution({
      id: 'other',
      cause: { kind: 'report', id: 'r' },
    });
    expect(withdrawalEffects([derived, other], derived)).toContain(
      'This deployment still counts as failed.',
    );
    expect(
      reassignmentEffects([derived, other], derived.cause, 'none'),
    ).toContain('This deployment still counts as failed.');
    expect(reassignmentEffects([derived], derived.cause, 'another')).toContain(
      'This deployment will no longer count as failed.',
    );
  });
});

it('puts what counts against the deployment first, and what was said about each cause under it', () => {
  const elsewhere = attribution({
    id: 'elsewhere',
    cause: { kind: 'incident', id: 'INC-2' },
    blames: 'another',
  });
  const groups = groupByCause([elsewhere, guess, derived]);
  expect(groups.map(({ live }) => live?.id)).toEqual(['a1', 'elsewhere']);
  expect(groups[0].others.map(({ id }) => id)).toEqual(['guess']);
});

it.each([
  [guess, named, /“The incident names its revision” is stronger/],
  [
    attribution({ method: 'explicit' }),
    byPerson,
    /what a person says goes before/,
  ],
  [byPerson, { ...byPerson, id: 'newer' }, /said later/],
])('says why one is overruled', (overruled, live, words) => {
  expect(overruledBecause(overruled, live)).toMatch(words);
});

it('says when a correction does not show yet, and has nothing undone that is not there', () => {
  const undo = async () => 'Undone.';
  expect(correctionNotice(undefined, 'Done.', undo)).toEqual({
    message: 'Done.',
    undo,
  });
  expect(correctionNotice(true, 'Done.', undo)).toEqual({
    message: expect.stringMatching(/^It is recorded\. .*when that is done\.$/),
  });
});
