import { timeSavedMinutes, timeSavedWords } from './timeSaved';

it.each([
  ['P2D', 960, 'about two days'],
  ['P1D', 480, 'about one day'],
  ['PT12H', 720, 'about one and a half days'],
  ['P1DT4H', 720, 'about one and a half days'],
  ['P12D', 5760, 'about 12 days'],
  ['PT8H', 480, 'about one day'],
  ['PT3H', 180, 'about three hours'],
  ['PT1H20M', 80, 'about one hour'],
  ['PT30M', 30, 'about 30 minutes'],
  ['PT0M', undefined, undefined],
  ['P', undefined, undefined],
  ['2 days', undefined, undefined],
  ['P1W', undefined, undefined],
  [undefined, undefined, undefined],
])('%s is %s minutes of work: %s', (duration, minutes, words) => {
  expect(timeSavedMinutes(duration)).toBe(minutes);
  expect(timeSavedWords(duration)).toBe(words);
});
