import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { createLogger } from 'winston';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import techdocsPlugin from '@backstage/plugin-techdocs-backend';
import request from 'supertest';
import { MarkdownTechdocsGenerator } from './MarkdownTechdocsGenerator';
import techdocsModuleMarkdown from './index';

jest.setTimeout(60_000);

const directory = createMockDirectory();
const docs = {
  'mkdocs.yml':
    'site_name: Ledger handbook\nplugins: [techdocs-core]\nnav:\n  - Start: index.md\n  - Runbooks:\n      - runbooks/slow.md\n',
  docs: {
    'index.md':
      '# Ledger\n\nWho owes what. See [slow](runbooks/slow.md#what-to-do).\n\n![flow](img/flow.png)\n\n<script>alert(1)</script>\n',
    runbooks: {
      'slow.md': '# Too slow\n\n## What to do\n\nRestart `ledger` & wait.\n',
    },
    img: { 'flow.png': 'png' },
    'evil.html': '<script>alert(1)</script>',
  },
};

async function build() {
  const logger = mockServices.logger.mock();
  const generator = MarkdownTechdocsGenerator.create({
    logger,
    config: mockServices.rootConfig(),
  });
  const warnings: string[] = [];
  const childLogger = createLogger({ silent: true });
  childLogger.warn = ((message: string) => {
    warnings.push(message);
    return childLogger;
  }) as typeof childLogger.warn;
  await generator.run({
    inputDir: directory.resolve('in'),
    outputDir: directory.resolve('out'),
    etag: 'abc',
    logger: childLogger,
  });
  return { warnings };
}

const output = (path: string) =>
  readFile(directory.resolve(`out/${path}`), 'utf8');

describe('MarkdownTechdocsGenerator', () => {
  beforeEach(() => directory.setContent({ in: docs, out: {} }));

  it('writes a site that the reader and the search collator understand', async () => {
    const { warnings } = await build();
    const index = await output('index.html');
    expect(index).toContain('<title>Ledger - Ledger handbook</title>');
    expect(index).toMatch(
      /<link rel="stylesheet" href="assets\/stylesheets\/main\.[0-9a-f]{8}\.min\.css">/,
    );
    expect(index).toContain('<a href="runbooks/slow/#what-to-do">slow</a>');
    expect(index).toContain(
      '<img src="img/flow.png" alt="flow" loading="lazy">',
    );
    expect(index).not.toContain('alert');
    const slow = await output('runbooks/slow/index.html');
    expect(slow).toContain('href="../../assets/stylesheets/main.');
    expect(slow).toContain('class="md-footer__link md-footer__link--prev"');
    for (const part of [
      'data-md-component="content"',
      'data-md-component="sidebar" data-md-type="navigation"',
      'data-md-type="toc"',
      '<article class="md-content__inner md-typeset">',
      '<label class="md-header__button md-icon" for="__drawer">',
    ]) {
      expect(slow).toContain(part);
    }
    expect(JSON.parse(await output('search/search_index.json')).docs).toEqual([
      { location: '', title: 'Ledger', text: 'Who owes what. See slow.' },
      { location: 'runbooks/slow/', title: 'Too slow', text: '' },
      {
        location: 'runbooks/slow/#what-to-do',
        title: 'What to do',
        text: 'Restart ledger &amp; wait.',
      },
    ]);
    expect(JSON.parse(await output('techdocs_metadata.json'))).toEqual({
      site_name: 'Ledger handbook',
      site_description: '',
      build_timestamp: expect.any(Number),
      etag: 'abc',
      files: [
        expect.stringMatching(/^assets\/stylesheets\/main\./),
        'img/flow.png',
        'index.html',
        'runbooks/slow/index.html',
        'search/search_index.json',
        'techdocs_metadata.json',
      ],
    });
    await expect(output('evil.html')).rejects.toThrow(/ENOENT/);
    expect(warnings).toEqual([]);
  });

  it('tells of pages in nav and links that are not there', async () => {
    directory.addContent({
      'in/mkdocs.yml': 'nav: [index.md, gone.md]',
      'in/docs/index.md': '[x](away.md)',
    });
    const { warnings } = await build();
    expect(warnings).toEqual([
      'mkdocs.yml: nav names "gone.md", which is no page.',
      'index.md: the link "away.md" leads to no page.',
    ]);
  });

  it('builds a site without mkdocs.yml, index.md before README.md', async () => {
    directory.setContent({
      in: { docs: { 'README.md': '# R', 'index.md': '# I' } },
      out: {},
    });
    const { warnings } = await build();
    expect(await output('index.html')).toContain(
      '<title>I - Documentation</title>',
    );
    expect(warnings).toEqual([
      'README.md is left out: index.md has the same address.',
    ]);
  });

  it('starts with a list of the pages where there is no index.md', async () => {
    directory.setContent({
      in: { docs: { 'b c.md': '# 1 < 2', adr: { '1.md': '# One' } } },
      out: {},
    });
    const { warnings } = await build();
    expect(warnings).toEqual([]);
    const index = await output('index.html');
    expect(index).toContain('<a href="b%20c/">1 &lt; 2</a>');
    expect(index).toContain(
      '<li>Adr<ul><li><a href="adr/1/">One</a></li></ul></li>',
    );
    expect(await output('adr/1/index.html')).toContain(
      'href="../../" class="md-nav__link"',
    );
  });

  it.each([
    [
      'a docs folder outside the repository',
      () => directory.addContent({ 'in/mkdocs.yml': 'docs_dir: ../..' }),
      /outside the repository/,
    ],
    [
      'an absolute docs folder',
      () => directory.addContent({ 'in/mkdocs.yml': 'docs_dir: /etc' }),
      /outside the repository/,
    ],
    [
      'no docs folder',
      () => directory.setContent({ in: {}, out: {} }),
      /There is no folder "docs" with pages/,
    ],
    [
      'no page',
      () => directory.setContent({ in: { docs: { 'a.png': 'a' } }, out: {} }),
      /There is no page in "docs"/,
    ],
    [
      'a link to a file',
      () => symlinkSync('/etc/passwd', directory.resolve('in/docs/passwd.md')),
      /docs\/passwd\.md is a symbolic link/,
    ],
    [
      'a link to a folder',
      () => symlinkSync('/etc', directory.resolve('in/docs/etc')),
      /docs\/etc is a symbolic link/,
    ],
    [
      'a docs folder that is a link',
      () => {
        directory.setContent({ in: { real: { 'index.md': 'x' } }, out: {} });
        symlinkSync('real', directory.resolve('in/docs'));
      },
      /reached through a symbolic link/,
    ],
    [
      'mkdocs.yml that is a link',
      () => {
        directory.setContent({ in: { docs: { 'index.md': 'x' } }, out: {} });
        symlinkSync('/etc/passwd', directory.resolve('in/mkdocs.yml'));
      },
      /mkdocs\.yml is a symbolic link/,
    ],
    [
      'a page that is too large',
      () =>
        directory.addContent({
          'in/docs/index.md': 'x'.repeat(2 * 1024 * 1024 + 1),
        }),
      /larger than/,
    ],
  ])('refuses %s', async (_what, prepare, reason) => {
    prepare();
    await expect(build()).rejects.toThrow(reason);
  });
});

describe('the module', () => {
  it('builds and serves the docs of a component through the TechDocs backend', async () => {
    directory.setContent({ in: docs });
    const entity = {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: {
        uid: 'u-1',
        name: 'ledger',
        namespace: 'default',
        annotations: {
          'backstage.io/managed-by-location': `file:${directory.resolve(
            'in/catalog-info.yaml',
          )}`,
          'backstage.io/techdocs-ref': 'dir:.',
        },
      },
      spec: { type: 'service', owner: 'payments', lifecycle: 'production' },
    };
    const { server } = await startTestBackend({
      features: [
        techdocsPlugin,
        techdocsModuleMarkdown,
        catalogServiceMock.factory({ entities: [entity] }),
        mockServices.rootConfig.factory({
          data: {
            backend: { baseUrl: 'http://localhost:7007' },
            techdocs: {
              builder: 'local',
              generator: { runIn: 'local' },
              publisher: {
                type: 'local',
                local: { publishDirectory: directory.resolve('published') },
              },
            },
          },
        }),
      ],
    });
    const sync = await request(server).get(
      '/api/techdocs/sync/default/component/ledger',
    );
    expect(sync.text).toContain('"updated":true');
    const page = await request(server)
      .get('/api/techdocs/static/docs/default/component/ledger/index.html')
      .set('authorization', mockCredentials.user.header());
    expect(page.status).toBe(200);
    expect(page.text).toContain('Who owes what.');
    const metadata = await request(server).get(
      '/api/techdocs/metadata/techdocs/default/component/ledger',
    );
    expect(metadata.body.site_name).toBe('Ledger handbook');
  });
});
