import { timeSavedMinutes, timeSavedWords } from './timeSaved';

it.each([
  ['PT16H', 960, 'about two days'],
  ['PT12H', 720, 'about one and a half days'],
  ['PT96H', 5760, 'about 12 days'],
  ['PT8H', 480, 'about one day'],
  ['PT3H', 180, 'about three hours'],
  ['PT1H20M', 80, 'about one hour'],
  ['PT30M', 30, 'about 30 minutes'],
  ['PT0M', undefined, undefined],
  ['P', undefined, undefined],
  ['2 days', undefined, undefined],
  ['P2D', undefined, undefined],
  ['P1W', undefined, undefined],
  [undefined, undefined, undefined],
])('%s is %s minutes of work: %s', (duration, minutes, words) => {
  expect(timeSavedMinutes(duration)).toBe(minutes);
  expect(timeSavedWords(duration)).toBe(words);
});
