import { DataQualityNote } from './api';
import {
  changesKnown,
  concernsReaders,
  dataQualityText,
  dataQualityTexts,
  LATE_SECONDS,
  notesOfList,
  urgentNotes,
} from './dataQuality';

const many = Array.from({ length: 5_000 }, (_, i) => `component:default/${i}`);
const notes: DataQualityNote[] = [
  { code: 'beyond_retention', services: many, since: '2026-05-10' },
  { code: 'facts_pending', services: many.slice(7), count: 4_993 },
  { code: 'unmapped_events', services: [], count: 3 },
];

describe('dataQualityTexts', () => {
  it('says of each service what concerns it', () => {
    const texts = dataQualityTexts(notes);
    for (const service of [many[0], many[7], many[4_999], 'another']) {
      expect(texts.get(service) ?? '').toBe(
        dataQualityText(
          notes.filter(({ services }) => services.includes(service)),
        ),
      );
    }
    expect(texts.size).toBe(5_000);
  });
});

describe('notesOfList', () => {
  it('names some of many services, and counts them', () => {
    const [beyond, pending] = notesOfList(notes);
    expect(beyond).toEqual({
      ...notes[0],
      services: many.slice(0, 20),
      count: 5_000,
    });
    expect(pending).toMatchObject({
      services: many.slice(7, 27),
      count: 4_993,
    });
  });

  it('keeps those of few', () => {
    const few = {
      code: 'facts_failed',
      services: ['a', 'b'],
      count: 2,
    } as const;
    expect(notesOfList([{ ...few, services: ['a', 'b'] }])).toEqual([few]);
  });
});

describe('events that wait to be counted', () => {
  const pending = (waitedSeconds?: number): DataQualityNote => ({
    code: 'facts_pending',
    services: ['component:default/checkout'],
    count: 1,
    ...(waitedSeconds !== undefined && {
      since: '2026-05-10T00:00:00.000Z',
      waitedSeconds,
    }),
  });

  it.each([
    ['came this second', 0, false],
    ['are about to be late', LATE_SECONDS - 1, false],
    ['are late', LATE_SECONDS, true],
    ['wait for an hour', 3_600, true],
    ['are all read anew', undefined, true],
  ])('that %s: told to readers %#', (_, waited, told) => {
    const note = pending(waited);
    expect(concernsReaders(note)).toBe(told);
    expect(urgentNotes([note])).toEqual(told ? [note] : []);
  });

  it('say since when in a file, however short that is', () => {
    expect(dataQualityText([pending(0)])).toBe(
      'facts_pending:2026-05-10T00:00:00.000Z',
    );
  });

  it('are told below what is worse', () => {
    const failed = { code: 'facts_failed', services: ['a'], count: 1 } as const;
    expect(
      urgentNotes([pending(60), { ...failed, services: ['a'] }]).map(
        ({ code }) => code,
      ),
    ).toEqual(['facts_failed', 'facts_pending']);
  });

  it('are the only ones of which some are no concern', () => {
    expect(notes.every(concernsReaders)).toBe(true);
  });
});

it.each([
  ['change', undefined, true],
  ['change', 'unknown_history', false],
  ['rollback', 'no_shared_ancestor', false],
  ['redeploy', 'unknown_revision', true],
] as const)(
  'the changes of a %s with the gap %s are known: %s',
  (kind, historyGap, known) => {
    expect(changesKnown({ kind, historyGap })).toBe(known);
  },
);
