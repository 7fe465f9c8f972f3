import fc from 'fast-check';
import { readSiteConfig } from './config';
import { renderMarkdown } from './markdown';
import { buildNavigation } from './navigation';
import { pageUrl, relativeUrl } from './paths';
import { htmlToText, rewriteLink, sanitizePage } from './sanitize';
import { createSlugger } from './slug';

const squeeze = (html: string) => html.replace(/\s*\n\s*/g, '');

describe('readSiteConfig', () => {
  it('reads what it knows and passes over the rest', () => {
    expect(
      readSiteConfig(`
site_name: Ledger
docs_dir: handbook
plugins: [techdocs-core, { macros: { module_name: evil } }]
hooks: [evil.py]
theme: { custom_dir: /etc }
markdown_extensions:
  - pymdownx.emoji:
      emoji_index: !!python/name:os.system
nav:
  - index.md
  - Runbooks:
      - Slow: runbooks/slow.md
  - Site: https://example.com
`),
    ).toEqual({
      siteName: 'Ledger',
      docsDir: 'handbook',
      nav: [
        { target: 'index.md' },
        {
          title: 'Runbooks',
          children: [{ title: 'Slow', target: 'runbooks/slow.md' }],
        },
        { title: 'Site', target: 'https://example.com' },
      ],
    });
  });

  it.each(['', '# nothing', 'null'])('has defaults for %j', content => {
    expect(readSiteConfig(content)).toEqual({ docsDir: 'docs' });
  });

  it.each([
    ['[', /not valid YAML/],
    ['- a', /list of settings/],
    ['nav: x', /nav has to be a list/],
    ['nav: [[a]]', /neither a page nor a titled group/],
    ['site_name: [a]', /site_name has to be text/],
    ['a: &x [1]\nb: *x', /not valid YAML/],
    [`nav: ${'[{a: '.repeat(20)}[b.md]${'}]'.repeat(20)}`, /deeper than 8/],
    ['x'.repeat(200_001), /200000 is the most/],
  ])('refuses %.30s', (content, reason) => {
    expect(() => readSiteConfig(content)).toThrow(reason);
  });
});

describe('addresses', () => {
  it.each([
    ['index.md', ''],
    ['README.md', ''],
    ['a.md', 'a/'],
    ['a/index.md', 'a/'],
    ['a/b c.markdown', 'a/b c/'],
  ])('%s is at %j', (path, url) => expect(pageUrl(path)).toBe(url));

  it.each([
    ['', '', './'],
    ['', 'a/', 'a/'],
    ['a/', '', '../'],
    ['a/', 'a/', './'],
    ['a/b/', 'c/d.png', '../../c/d.png'],
    ['a/', 'b c/', '../b%20c/'],
    ['', 'data:text/html,x/y.txt', './data:text/html,x/y.txt'],
    ['', 'data:x/', './data:x/'],
  ])('from %j to %j is %s', (from, to, relative) =>
    expect(relativeUrl(from, to)).toBe(relative),
  );

  it('always leads where it should', () => {
    const segment = fc
      .stringMatching(/^[a-z0-9 ?#%:-]{1,6}$/)
      .filter(s => s.trim() !== '');
    const folder = fc
      .array(segment, { maxLength: 3 })
      .map(segments => segments.map(s => `${s}/`).join(''));
    fc.assert(
      fc.property(folder, folder, (from, to) => {
        const encode = (path: string) =>
          path.split('/').map(encodeURIComponent).join('/');
        const base = `http://x/docs/${encode(from)}`;
        expect(
          decodeURIComponent(new URL(relativeUrl(from, to), base).pathname),
        ).toBe(`/docs/${to}`);
      }),
    );
  });
});

describe('renderMarkdown', () => {
  it.each([
    [
      'a heading',
      '## First steps',
      '<h2 id="first-steps">First steps<a class="headerlink" href="#first-steps" title="Link to this section">#</a></h2>',
    ],
    [
      'code',
      '```ts title="x"\na < b\n```',
      '<div class="highlight"><pre><code tabindex="0" class="language-ts">a &lt; b</code></pre></div>',
    ],
    [
      'a table',
      '|a|b|\n|-|-|\n|1|2|',
      '<div class="md-typeset__scrollwrap" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>',
    ],
    [
      'a task list',
      '- [x] done\n- [ ] is "`a`" [open](x.md)',
      '<ul><li class="task-list-item"><input type="checkbox" disabled checked aria-label="done"> done</li><li class="task-list-item"><input type="checkbox" disabled aria-label="is &quot;a&quot; open"> is &quot;<code>a</code>&quot; <a href="x.md">open</a></li></ul>',
    ],
    [
      'an admonition',
      '!!! warning "Mind *this*"\n    First.\n\n    - second\n\nAfter.',
      '<div class="admonition warning"><p class="admonition-title">Mind <em>this</em></p><p>First.</p><ul><li>second</li></ul></div><p>After.</p>',
    ],
    [
      'an admonition without a title',
      '!!! note\n    Text',
      '<div class="admonition note"><p class="admonition-title">Note</p><p>Text</p></div>',
    ],
    [
      'code in an admonition',
      '!!! tip ""\n    ```\n    x\n    ```',
      '<div class="admonition tip"><div class="highlight"><pre><code tabindex="0">x</code></pre></div></div>',
    ],
    [
      'a folded admonition',
      '??? info "More"\n    Text',
      '<details class="info"><summary class="">More</summary><p>Text</p></details>',
    ],
    [
      'an open one',
      '???+ info "More"\n    Text',
      '<details class="info" open="open"><summary class="">More</summary><p>Text</p></details>',
    ],
    [
      'exclamation marks',
      '!!! not an admonition',
      '<p>!!! not an admonition</p>',
    ],
  ])('%s', (_what, source, html) => {
    expect(squeeze(renderMarkdown(source).html)).toBe(html);
  });

  it('takes the title from the front matter, else from the first heading', () => {
    expect(renderMarkdown('---\ntitle: T\n---\n# H').title).toBe('T');
    expect(renderMarkdown('# The `ledger` *service*').title).toBe(
      'The ledger service',
    );
    expect(renderMarkdown('text').title).toBeUndefined();
    expect(renderMarkdown('---\n\ntext\n\n---\n# H').title).toBe('H');
  });

  it('gives every heading an id of its own that browsers keep', () => {
    const { headings } = renderMarkdown(
      '# Title\n## Set-up\n## Set up\n## Öl & Gas\n## ???',
    );
    expect(headings.map(h => h.id)).toEqual([
      'title_',
      'set-up',
      'set-up_1',
      'ol-gas',
      'section',
    ]);
  });
});

describe('createSlugger', () => {
  it('never gives an id twice', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4 })), words => {
        const slug = createSlugger();
        const ids = words.map(slug);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});

const files = new Set([
  'index.md',
  'guide/index.md',
  'guide/set-up.md',
  'guide/picture.png',
  'a b.md',
]);

describe('rewriteLink', () => {
  it.each([
    ['index.md', 'guide/set-up.md', 'guide/set-up/'],
    ['index.md', './guide/set-up.md#first-steps', 'guide/set-up/#first-steps'],
    ['index.md', 'guide/set-up.md#title', 'guide/set-up/#title_'],
    ['guide/set-up.md', 'picture.png', '../picture.png'],
    ['guide/set-up.md', '../index.md', '../../'],
    ['guide/set-up.md', '/index.md', '../../'],
    ['guide/set-up.md', 'index.md', '../'],
    ['guide/set-up.md', './', '../'],
    ['index.md', 'guide/', 'guide/'],
    ['index.md', 'guide/set-up/', 'guide/set-up/'],
    ['index.md', 'a%20b.md', 'a%20b/'],
    ['index.md', '#here', '#here'],
    ['index.md', 'https://example.com/x.md', 'https://example.com/x.md'],
    ['index.md', 'mailto:a@example.com', 'mailto:a@example.com'],
    ['index.md', '../secret.md', undefined],
    ['index.md', 'gone.md', undefined],
    ['index.md', '%', undefined],
  ])('on %s, %s leads to %s', (page, href, expected) => {
    expect(rewriteLink(href, { page, files })).toBe(expected);
  });
});

describe('sanitizePage', () => {
  const sanitize = (html: string) => {
    const dead: string[] = [];
    const safe = sanitizePage(html, {
      page: 'index.md',
      files,
      onDeadLink: href => dead.push(href),
    });
    return { safe, dead };
  };

  it.each([
    ['<script>alert(1)</script>x', 'x'],
    [
      '<img src="guide/picture.png" onerror="alert(1)">',
      '<img src="guide/picture.png" loading="lazy">',
    ],
    ['<a href="javascript:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="data:text/html,x">x</a>', '<a>x</a>'],
    ['<iframe src="https://example.com"></iframe>x', 'x'],
    ['<style>body{}</style>x', 'x'],
    ['<p style="position:fixed">x</p>', '<p>x</p>'],
    ['<form action="/x"><input name="q"><button>Go</button></form>', 'Go'],
    [
      '<input type="checkbox" checked>',
      '<input type="checkbox" checked="" disabled="">',
    ],
    [
      '<input type="checkbox" disabled aria-label="done"> done',
      '<input type="checkbox" disabled="" aria-label="done"> done',
    ],
    ['<svg><script>alert(1)</script></svg>x', 'x'],
    [
      '<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>',
      '',
    ],
    ['<meta http-equiv="refresh" content="0;url=https://example.com">x', 'x'],
    ['<base href="https://example.com">x', 'x'],
    [
      '<details><summary>s</summary>x</details>',
      '<details><summary>s</summary>x</details>',
    ],
    [
      '<a href="https://example.com">x</a>',
      '<a href="https://example.com" rel="noopener noreferrer">x</a>',
    ],
  ])('%s', (html, expected) => {
    expect(sanitize(html).safe).toBe(expected);
  });

  it('tells of dead links', () => {
    expect(sanitize('<a href="gone.md">x</a>')).toEqual({
      safe: '<a>x</a>',
      dead: ['gone.md'],
    });
  });

  it('gives the words of a page', () => {
    expect(
      htmlToText('<h2>A &amp; B</h2>\n<p>c <code>&lt;d&gt;</code></p>'),
    ).toBe('A & B c <d>');
  });
});

describe('buildNavigation', () => {
  const pages = [
    'zebra.md',
    'index.md',
    'runbooks/slow.md',
    'adr/0002-b.md',
    'adr/0010-c.md',
  ];
  const titles = new Map([['zebra.md', 'Zebra crossing']]);

  it('follows the names of the files', () => {
    expect(
      buildNavigation({
        pages,
        titles,
        nav: undefined,
        onMissing: () => undefined,
      }),
    ).toEqual([
      { kind: 'page', title: 'Home', path: 'index.md' },
      { kind: 'page', title: 'Zebra crossing', path: 'zebra.md' },
      {
        kind: 'group',
        title: 'Adr',
        children: [
          { kind: 'page', title: '0002 b', path: 'adr/0002-b.md' },
          { kind: 'page', title: '0010 c', path: 'adr/0010-c.md' },
        ],
      },
      {
        kind: 'group',
        title: 'Runbooks',
        children: [{ kind: 'page', title: 'Slow', path: 'runbooks/slow.md' }],
      },
    ]);
  });

  it('follows nav, and tells of what it cannot find', () => {
    const missing: string[] = [];
    expect(
      buildNavigation({
        pages,
        titles,
        nav: [
          { title: 'Start', target: 'index.md' },
          { target: 'gone.md' },
          { title: 'x', target: 'vbscript:msgbox(1)' },
          { title: 'Empty', children: [{ target: '../x.md' }] },
          { title: 'Web', target: 'https://example.com' },
        ],
        onMissing: target => missing.push(target),
      }),
    ).toEqual([
      { kind: 'page', title: 'Start', path: 'index.md' },
      { kind: 'link', title: 'Web', href: 'https://example.com' },
    ]);
    expect(missing).toEqual(['gone.md', 'vbscript:msgbox(1)', '../x.md']);
  });
});
