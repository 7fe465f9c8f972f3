import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What every such repository has: code and tests without dependencies, and a read-me with the line ends of Windows and none at its end. */
const FILES = {
  'README.md':
    '# Stock\r\n\r\nCounts what is there.  \r\n\r\nStart it: `npm start`',
  'index.js': `const http = require('node:http');

const stock = { apples: 3 };

const server = http.createServer((request, response) => {
\tconst found = request.url === '/stock' || request.url === '/';
\tresponse.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
\tresponse.end(JSON.stringify(found ? stock : {}));
});

module.exports = { stock };

if (require.main === module) {
\tserver.listen(process.env.PORT || 3000);
}
`,
  'test/stock.test.js': `const assert = require('node:assert');
const test = require('node:test');
const { stock } = require('..');

test('there are apples', () => assert.equal(stock.apples, 3));
`,
};

/** What a team has that looks after its repository: a pipeline, reviews, docs and an entry in the catalog, kept by hand. */
const KEPT_BY_HAND = {
  '.gitlab-ci.yml': `# Ours.
unit:
  stage: test
  script:
    - npm test
`,
  Makefile: 'verify:\n\tnpm test\n',
  CODEOWNERS: '* @payments-leads\n',
  'docs/guide.md': '# How to count\n\nCount twice.\n',
};

const entry = (name: string) => `# Kept by hand; ask before you change it.
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${name}   # never renamed
  description: 'Counts what is there'
  links:
    - { title: Chat, url: 'https://chat.example/stock' }
spec:
  type: service
  owner: "group:default/payments"

  lifecycle: production
`;

/**
 * Writes a small service as a team might have had it for years, made by no template; answers the folder.
 *
 * @param options - Whether the team looks after more than code: then it has a pipeline, docs and an entry in the catalog, too.
 */
export function foreignService(
  folder: string,
  options: { name: string; described: boolean },
): string {
  const { name, described } = options;
  const files: Record<string, string> = {
    ...FILES,
    'package.json': `${JSON.stringify(
      {
        name: '@fernhill/stock',
        version: '0.3.1',
        private: true,
        main: 'index.js',
        scripts: { start: 'node index.js', test: 'node --test' },
      },
      undefined,
      4,
    )}\n`,
    ...(described ? { ...KEPT_BY_HAND, 'catalog-info.yaml': entry(name) } : {}),
  };
  const place = path.join(folder, 'foreign');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
    writeFileSync(path.join(place, file), text);
  }
  return place;
}
