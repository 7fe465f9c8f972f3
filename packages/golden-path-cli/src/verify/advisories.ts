import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import type { Finding } from './types';

/** Asks for known vulnerabilities of a Python project's dependencies. */
export const ADVISORIES = 'ci/python/advisories.py';

type Query = {
  package: { name: string; ecosystem: string };
  version: string;
  page_token?: string;
};

/** An advisory in the format of OSV, of one package. */
const advisory = (
  id: string,
  name: string,
  events: Record<string, string>[],
  more: Record<string, unknown> = {},
) => ({
  id,
  summary: 'Something is wrong',
  modified: '2026-01-01T00:00:00Z',
  schema_version: '1.7.0',
  affected: [
    {
      package: { name, ecosystem: 'PyPI', purl: `pkg:pypi/${name}` },
      ranges: [
        { type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...events] },
        { type: 'GIT', events: [{ introduced: '0' }, { fixed: 'abcdef' }] },
      ],
    },
  ],
  ...more,
});

const KNOWN = [
  advisory('GHSA-fixd-aaaa-bbbb', 'Flask', [{ fixed: '3.1.0' }], {
    aliases: ['CVE-2026-1111'],
  }),
  advisory('PYSEC-2026-1', 'idna', []),
  advisory('GHSA-gone-aaaa-bbbb', 'click', [{ fixed: '9.0' }], {
    withdrawn: '2026-01-02T00:00:00Z',
  }),
  advisory('GHSA-page-aaaa-bbbb', 'urllib3', [{ fixed: '2.9.0' }]),
];

/** What OSV knows of a version: ids of advisories, in pages of one. */
const OF: Record<string, string[]> = {
  'flask 3.0.0': ['GHSA-fixd-aaaa-bbbb'],
  'idna 3.20': ['PYSEC-2026-1'],
  'click 8.5.0': ['GHSA-gone-aaaa-bbbb'],
  'urllib3 2.8.0': ['PYSEC-2026-1', 'GHSA-page-aaaa-bbbb'],
};

/** Stands in for OSV: `querybatch` and `vulns`, with answers of the shapes it documents. */
async function startOsv(strange: boolean) {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => {
      const answer = (status: number, content: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(content));
      const what = `${request.method} ${request.url}`;
      const found = KNOWN.find(({ id }) => what === `GET /v1/vulns/${id}`);
      if (found) {
        answer(200, found);
      } else if (what === 'POST /v1/querybatch') {
        const { queries } = JSON.parse(body) as { queries: Query[] };
        const results = queries.map(
          ({ package: { name, ecosystem }, version, page_token: page }) => {
            const ids =
              ecosystem === 'PyPI' ? OF[`${name} ${version}`] ?? [] : [];
            const at = Number(page ?? 0);
            return ids.length === 0
              ? {}
              : {
                  vulns: [{ id: ids[at], modified: '2026-01-01T00:00:00Z' }],
                  ...(at + 1 < ids.length
                    ? { next_page_token: String(at + 1) }
                    : {}),
                };
          },
        );
        answer(200, { results: strange ? [] : results });
      } else {
        answer(404, { code: 5, message: 'Bug not found.' });
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${
      typeof address === 'object' && address ? address.port : 0
    }`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type Case = {
  title: string;
  lock: string;
  allowed?: string;
  /** Nobody answers, or somebody else. */
  service?: 'away' | 'strange';
  code: number;
  says?: RegExp;
};

const CASES: readonly Case[] = [
  { title: 'nothing known', lock: 'gunicorn==26.2.0\n', code: 0 },
  {
    title: 'one that an update fixes',
    // With hashes, an extra and another spelling, as uv writes them.
    lock: 'gunicorn==26.2.0 \\\n    --hash=sha256:00\nFlask[async]==3.0.0 ; python_version > "3" \\\n    --hash=sha256:11\n',
    code: 1,
    says: /flask 3\.0\.0: GHSA-fixd-aaaa-bbbb.*fixed in 3\.1\.0\)/,
  },
  {
    title: 'one that is allowed for now, by another of its names',
    lock: 'flask==3.0.0\n',
    allowed: '"CVE-2026-1111" = "2999-12-31"',
    code: 0,
    says: /allowed until 2999-12-31/,
  },
  {
    title: 'one that was allowed',
    lock: 'flask==3.0.0\n',
    allowed: '"GHSA-fixd-aaaa-bbbb" = 2020-01-01',
    code: 1,
    says: /it was allowed until 2020-01-01/,
  },
  {
    title: 'one that is allowed for ever',
    lock: 'flask==3.0.0\n',
    allowed: '"GHSA-fixd-aaaa-bbbb" = "for ever"',
    code: 1,
    says: /no day/,
  },
  {
    title: 'one that nothing fixes yet',
    lock: 'idna==3.20\n',
    code: 0,
    says: /no version fixes it yet/,
  },
  { title: 'one that was withdrawn', lock: 'click==8.5.0\n', code: 0 },
  {
    title: 'one on another page',
    lock: 'urllib3==2.8.0\n',
    code: 1,
    says: /GHSA-page-aaaa-bbbb/,
  },
  {
    title: 'nobody who answers',
    lock: 'flask==3.0.0\n',
    service: 'away',
    code: 75,
  },
  {
    title: 'somebody else who answers',
    lock: 'flask==3.0.0\n',
    service: 'strange',
    code: 75,
  },
];

/** Runs the script that asks for known vulnerabilities, for real, against what stands in for OSV. */
export async function advisoryFindings(folder: string): Promise<Finding[]> {
  const work = await mkdtemp(join(tmpdir(), 'golden-path-advisories-'));
  try {
    const found = await Promise.all(
      CASES.map(async ({ title, lock, allowed, service, code, says }, i) => {
        const cwd = join(work, `${i}`);
        await run('mkdir', [cwd], { cwd: work });
        await writeFile(join(cwd, 'requirements.txt'), lock);
        await writeFile(
          join(cwd, 'pyproject.toml'),
          `[project]\nname = "x"\n\n[tool.advisories.allowed]\n${
            allowed ?? ''
          }\n`,
        );
        const osv = await startOsv(service === 'strange');
        if (service === 'away') {
          await osv.close();
        }
        const result = await run(
          'python3',
          [join(folder, ADVISORIES), 'requirements.txt'],
          {
            cwd,
            env: {
              ...process.env,
              PYTHONDONTWRITEBYTECODE: '1',
              OSV_API: osv.url,
            },
            timeoutMs: 60_000,
          },
        );
        if (service !== 'away') {
          await osv.close();
        }
        return result.code === code && (says?.test(result.output) ?? true)
          ? []
          : [
              {
                where: `${ADVISORIES}, ${title}`,
                message: `ends with ${
                  result.code
                }, ${code} is right: ${result.output.trim().slice(-500)}`,
              },
            ];
      }),
    );
    return found.flat();
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
