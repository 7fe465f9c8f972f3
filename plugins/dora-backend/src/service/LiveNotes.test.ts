import { dataQualityTexts, urgentNotes } from '@pavedroad/plugin-dora-common';
import { Backlog } from '../database/DatabaseFactStore';
import { LiveNotes } from './LiveNotes';

const ref = (name: string) => `component:default/${name}`;
const moment = Date.UTC(2026, 4, 10, 12);
const iso = (seconds: number) =>
  new Date(moment - seconds * 1_000).toISOString();
const waits = (name: string, waitedSeconds: number) => ({
  serviceRef: ref(name),
  since: moment - waitedSeconds * 1_000,
  waitedSeconds,
});
const anew = (name: string) => ({ serviceRef: ref(name) });

const notesOf = (
  pending: Backlog['pending'],
  services = pending.map(row => row.serviceRef),
) =>
  LiveNotes.create({
    delivery: { countUnmapped: async () => 0 },
    factStore: { backlog: async () => ({ pending, failed: [] }) },
    retention: { knownBefore: async () => [] },
  }).ofRows(services, Infinity);

const note = (names: string[], waitedSeconds?: number) => ({
  code: 'facts_pending',
  services: names.map(ref),
  count: names.length,
  ...(waitedSeconds !== undefined && {
    since: iso(waitedSeconds),
    waitedSeconds,
  }),
});

describe('services whose events wait', () => {
  it.each<[string, Backlog['pending'], object[]]>([
    ['nobody', [], []],
    [
      'some for a moment',
      [waits('b', 2), waits('a', 3)],
      [note(['a', 'b'], 3)],
    ],
    [
      'some for long, some for a moment',
      [waits('a', 1), waits('late', 600), waits('later', 900), waits('b', 9)],
      [note(['late', 'later'], 900), note(['a', 'b'], 9)],
    ],
    [
      'some since nobody knows when',
      [waits('a', 1), anew('moved'), waits('late', 10)],
      [note(['moved']), note(['late'], 10), note(['a'], 1)],
    ],
    [
      'one in both ways, its events first',
      [waits('a', 1), anew('a'), waits('a', 1)],
      [note(['a'])],
    ],
  ])('are told apart: %s', async (_, pending, notes) => {
    expect(await notesOf(pending)).toEqual(notes);
  });

  it('have each its own moment in files, and only those that are late are told to readers', async () => {
    const notes = await notesOf([waits('a', 1), waits('late', 600)]);
    expect(Object.fromEntries(dataQualityTexts(notes))).toEqual({
      [ref('a')]: `facts_pending:${iso(1)}`,
      [ref('late')]: `facts_pending:${iso(600)}`,
    });
    expect(urgentNotes(notes).map(({ services }) => services)).toEqual([
      [ref('late')],
    ]);
  });

  it('are only told of where they were asked for', async () => {
    expect(
      await notesOf([waits('a', 1), waits('late', 600)], [ref('a')]),
    ).toEqual([note(['a'], 1)]);
  });
});
