import { unbroken } from './unbroken';

it.each([
  ['Most, 41 %, passes', 'Most, 41\u00a0%, passes'],
  ['within 20 h 51 min.', 'within 20\u00a0h 51\u00a0min.'],
  ['12 deployments, 3 changes', '12 deployments, 3 changes'],
  ['38 s', '38\u00a0s'],
])('keeps the units of "%s"', (text, expected) => {
  expect(unbroken(text)).toBe(expected);
});
