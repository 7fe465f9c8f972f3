import { parseSearch, searchSql } from './deploymentSearch';

describe('parseSearch', () => {
  it.each([
    [undefined, undefined],
    ['   ', undefined],
    ['abc123', { text: 'abc123' }],
    ['#17', { pullRequest: 17 }],
    ['!17', { pullRequest: 17 }],
    // May be either.
    ['17', { pullRequest: 17, text: '17' }],
    // More than a column of pull requests holds.
    ['#99999999999', { text: '#99999999999' }],
    ['2147483648', { text: '2147483648' }],
  ])('reads %p', (typed, expected) => {
    expect(parseSearch(typed)).toEqual(expected);
  });
});

it('takes wildcards of the database for the letters they are', () => {
  const { deployment } = searchSql({ text: '50%_a\\b' });
  expect(deployment.bindings).toContain('50\\%\\_a\\\\b%');
});
