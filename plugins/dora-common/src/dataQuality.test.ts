import { DataQualityNote } from './api';
import { dataQualityText, dataQualityTexts, notesOfList } from './dataQuality';

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
