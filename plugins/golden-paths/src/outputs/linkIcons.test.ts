import { withIconsOfHosts } from './linkIcons';

describe('withIconsOfHosts', () => {
  it.each([
    ['https://github.com/fernhill/ledger', 'github', 'github'],
    ['https://github.fernhill.example/payments/ledger', 'github', 'github'],
    ['https://portal.example/git/payments/ledger', 'github', undefined],
    ['https://gitlab.com/fernhill/github', 'github', undefined],
    ['https://notgithub.example/a', 'github', undefined],
    ['/git/payments/ledger', 'github', undefined],
    [undefined, 'github', undefined],
    ['https://portal.example/docs', 'docs', 'docs'],
  ])('%s with the icon %s has %s', (url, icon, expected) => {
    const output = {
      links: [{ title: 'Open', url, icon }],
      text: [{ title: 'a' }],
    };
    expect(withIconsOfHosts(output)).toEqual({
      links: [{ title: 'Open', url, icon: expected }],
      text: [{ title: 'a' }],
    });
  });

  it('leaves an output without links alone', () => {
    expect(withIconsOfHosts({}).links).toBeUndefined();
  });
});
