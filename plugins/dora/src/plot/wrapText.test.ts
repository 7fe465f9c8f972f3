import { shortened, wrapText } from './wrapText';

it.each([
  ['one two three', 7, ['one two', 'three']],
  ['one two three', 100, ['one two three']],
  ['extraordinarily long', 5, ['extraordinarily', 'long']],
  ['', 5, ['']],
])('breaks %j after at most %d letters', (text, letters, lines) => {
  expect(wrapText(text, letters)).toEqual(lines);
});

it.each([
  ['short', 5, 'short'],
  ['a longer one', 8, 'a longe…'],
  ['a longer one', 3, 'a…'],
  ['fix \u{1f680} now', 6, 'fix…'],
  ['fix \u{1f680} now', 7, 'fix \u{1f680}…'],
])('shortens %j to at most %d letters', (text, letters, short) => {
  expect(shortened(text, letters)).toBe(short);
  expect(() => encodeURIComponent(shortened(text, letters))).not.toThrow();
});
