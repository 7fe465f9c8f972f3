import { cssString } from './ReportView';

it.each([
  ['payments (group); 1 Jan 2026', '"payments (group); 1 Jan 2026"'],
  ['"} body { display: none', '"\\22 } body { display: none"'],
  ['</style><script>', '"\\3c /style>\\3c script>"'],
  ['a\nb\\c', '"a\\a b\\5c c"'],
])('keeps %j inside its string', (text, expected) => {
  expect(cssString(text)).toBe(expected);
});
