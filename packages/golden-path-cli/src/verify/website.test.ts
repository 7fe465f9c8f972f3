import { markupFindings, policyFindings } from './website';

describe('policyFindings', () => {
  const good = [
    "default-src 'none'",
    `script-src 'nonce-${'A'.repeat(22)}==' 'strict-dynamic'`,
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    'report-uri /v1/csp-reports',
  ].join('; ');

  it('has nothing against a strict policy', () => {
    expect(policyFindings(good)).toEqual([]);
  });

  it.each([
    ['no policy', () => '', /default-src/],
    [
      'inline scripts',
      (p: string) => p.replace("'strict-dynamic'", "'unsafe-inline'"),
      /script-src/,
    ],
    [
      'inline styles',
      (p: string) =>
        p.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
      /style-src allows/,
    ],
    [
      'a nonce that can be guessed',
      (p: string) => p.replace(/nonce-A+==/, 'nonce-1'),
      /script-src/,
    ],
    [
      'images of any host',
      (p: string) => `${p}; img-src https:`,
      /img-src allows https:/,
    ],
    [
      'being framed',
      (p: string) => p.replace("frame-ancestors 'none'", 'frame-ancestors *'),
      /frame-ancestors/,
    ],
    [
      'violations nobody hears of',
      (p: string) => p.replace('; report-uri /v1/csp-reports', ''),
      /report-uri/,
    ],
  ])('finds %s', (_, change, message) => {
    expect(policyFindings(change(good)).join('\n')).toMatch(message);
  });
});

describe('markupFindings', () => {
  const good =
    '<head><meta name="x" content="a"><script type="module" nonce="n" src="/a.js"></script></head><body><div id="root"></div></body>';

  it('has nothing against scripts with the nonce of their policy', () => {
    expect(markupFindings(good, 'n')).toEqual([]);
  });

  it.each([
    ['another nonce', 'nonce="n"', 'nonce="m"', /without the nonce/],
    [
      'an inline script',
      '</body>',
      '<script nonce="n">x()</script>',
      /inline script/,
    ],
    ['an inline style', '<div ', '<div style="color:red" ', /inline styles/],
    ['a style element', '</head>', '<style>a{}</style>', /inline styles/],
    ['an event handler', '<body>', '<body onload="x()">', /event handler/],
    ['no script', /<script.*<\/script>/, '', /loads no script/],
  ])('finds %s', (_, from, to, message) => {
    expect(markupFindings(good.replace(from, to), 'n').join('\n')).toMatch(
      message,
    );
  });
});
