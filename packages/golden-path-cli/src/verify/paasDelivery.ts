import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import { cleanEnv } from './pipeline';
import type { Finding, Project } from './types';

const SCRIPT = 'ci/deploy-paas.sh';

/** What the script reads of a project, besides the artifact. */
export const READ_BY_DELIVERY: readonly string[] = [
  SCRIPT,
  'ci/lib.sh',
  'ci/service.env',
  'VERSION',
];

const COMMIT = 'a'.repeat(40);
const TOKEN = 'proof-token';
const APP = 'ledger-staging';

/** How a platform that stands in for a real one behaves, and what ran on it before. */
type Behaviour = {
  /** What becomes of the build. */
  build: 'succeeded' | 'failed';
  /** Whether the new release answers. */
  answers: boolean;
  /** Whether anything ran before. */
  before: boolean;
  /** Whether answers are on one line or on several. */
  pretty: boolean;
  /** Whether it does not answer two questions about the build, which goes on all the same: it hangs up, then says that it is busy. */
  busy: boolean;
};

/**
 * Stands in for a platform with Heroku's interface: answers of the shape its reference documents, ids of the app and of people among them,
 * before a release's or a build's own. Everything it does not know is 404, as there, and `onUnknown` hears of it.
 */
async function startPlatform(
  behaviour: Behaviour,
  release: string,
  onUnknown: () => void,
) {
  const app = { id: randomUUID(), name: APP };
  const user = { id: randomUUID(), email: 'delivery@example.com' };
  const at = '2026-01-01T12:00:00Z';
  const running = { id: randomUUID(), slug: { id: randomUUID() } };
  const build = { id: randomUUID(), polls: 0 };
  const seen = {
    uploaded: undefined as Buffer | undefined,
    source: undefined as { url?: string; checksum?: string } | undefined,
    releases: [] as unknown[],
    unknown: [] as string[],
    unauthorized: 0,
  };
  const releaseOf = ({ id, slug }: { id: string; slug: unknown }) => ({
    addon_plan_names: [],
    app,
    created_at: at,
    description: 'Deploy 0123abcd',
    status: 'succeeded',
    id,
    slug,
    updated_at: at,
    user,
    version: 11,
    current: true,
  });
  const buildOf = (status: string) => ({
    app,
    buildpacks: [{ url: 'urn:buildpack:heroku/nodejs' }],
    created_at: at,
    id: build.id,
    output_stream_url: 'https://build-output.example.com/streams/01234567',
    source_blob: seen.source,
    release: null,
    slug: status === 'succeeded' ? { id: randomUUID() } : null,
    stack: 'heroku-24',
    status,
    updated_at: at,
    user,
  });
  const server = createServer((request, response) => {
    const base = `http://${request.headers.host}`;
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const answer = (status: number, content: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(content, undefined, behaviour.pretty ? 2 : 0));
      const what = `${request.method} ${request.url}`;
      if (what === 'PUT /upload?signature=x') {
        seen.uploaded = body;
        response.writeHead(200).end();
        return;
      }
      if (what === 'GET /healthz') {
        const version =
          behaviour.answers && build.polls > 3 ? release : '0.0.9+before';
        // As services write it, whatever the platform does.
        response.writeHead(200).end(JSON.stringify({ status: 'ok', version }));
        return;
      }
      if (request.headers.authorization !== `Bearer ${TOKEN}`) {
        seen.unauthorized += 1;
        answer(401, { id: 'unauthorized', message: 'Invalid credentials.' });
        return;
      }
      switch (what) {
        case `GET /apps/${APP}/releases`:
          answer(
            200,
            [behaviour.before ? running : { ...running, slug: null }].map(
              releaseOf,
            ),
          );
          return;
        case `POST /apps/${APP}/sources`:
          answer(201, {
            source_blob: {
              get_url: `${base}/download?signature=y`,
              put_url: `${base}/upload?signature=x`,
            },
          });
          return;
        case `POST /apps/${APP}/builds`:
          seen.source = JSON.parse(body.toString()).source_blob;
          answer(201, buildOf('pending'));
          return;
        case `GET /apps/${APP}/builds/${build.id}`:
          build.polls += 1;
          if (behaviour.busy && build.polls === 1) {
            response.destroy();
            return;
          }
          if (behaviour.busy && build.polls === 2) {
            answer(503, { id: 'unavailable', message: 'Try again later.' });
            return;
          }
          answer(200, buildOf(build.polls > 3 ? behaviour.build : 'pending'));
          return;
        case `POST /apps/${APP}/releases`:
          seen.releases.push(JSON.parse(body.toString()).release);
          answer(201, releaseOf(running));
          return;
        default:
          seen.unknown.push(what);
          answer(404, {
            id: 'not_found',
            message: "Couldn't find that.",
            resource: 'app',
          });
          onUnknown();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${
    typeof address === 'object' && address ? address.port : 0
  }`;
  return {
    url,
    seen,
    running,
    download: `${url}/download?signature=y`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Runs the script that delivers to a platform as a service, for real, against one that stands in: a good release, one that is not built, one
 * that does not answer, and one that does not answer where nothing ran before. `untilFirst`: a script that asks for what is not there is ended
 * rather than let ask again until it gives up.
 */
export async function deliveryFindings(
  project: Project,
  { untilFirst = false }: { untilFirst?: boolean } = {},
): Promise<Finding[]> {
  if (!project.files.includes(SCRIPT)) {
    return [{ where: SCRIPT, message: 'is missing' }];
  }
  const findings: Finding[] = [];
  const cases: (Behaviour & { name: string })[] = [
    {
      name: 'a good release',
      build: 'succeeded',
      answers: true,
      before: true,
      pretty: false,
      busy: true,
    },
    {
      name: 'one that does not answer',
      build: 'succeeded',
      answers: false,
      before: true,
      pretty: true,
      busy: false,
    },
    {
      name: 'one that is not built',
      build: 'failed',
      answers: false,
      before: true,
      pretty: false,
      busy: false,
    },
    {
      name: 'a first one that does not answer',
      build: 'succeeded',
      answers: false,
      before: false,
      pretty: true,
      busy: false,
    },
  ];
  const work = await mkdtemp(join(tmpdir(), 'golden-path-paas-'));
  try {
    for (const file of READ_BY_DELIVERY) {
      await cp(join(project.folder, file), join(work, file), {
        recursive: true,
      });
    }
    const version = (await project.read('VERSION')).trim();
    const service =
      /SERVICE_NAME:=([^}]+)\}/.exec(
        await project.read('ci/service.env'),
      )?.[1] ?? '';
    const release = `${version}+${COMMIT.slice(0, 12)}`;
    const artifact = join(
      work,
      `build/${service}-${version}-${COMMIT.slice(0, 12)}.tar.gz`,
    );
    await mkdir(join(work, 'build'));
    await writeFile(artifact, 'stands in for the artifact');
    const sha256 = createHash('sha256')
      .update(await readFile(artifact))
      .digest('hex');
    for (const { name, ...behaviour } of cases) {
      const add = (message: string) =>
        findings.push({ where: `${SCRIPT}, ${name}`, message });
      const wrong = new AbortController();
      const platform = await startPlatform(behaviour, release, () => {
        if (untilFirst) {
          wrong.abort();
        }
      });
      try {
        const { code, output } = await run(join(work, SCRIPT), ['staging'], {
          cwd: work,
          env: cleanEnv({
            HOME: work,
            CI: 'true',
            CI_COMMIT_SHA: COMMIT,
            DEPLOY_TARGET: 'paas',
            PAAS_API: platform.url,
            PAAS_APP: APP,
            PAAS_TOKEN: TOKEN,
            PAAS_POLL_SECONDS: '0.01',
            SERVICE_URL: platform.url,
          }),
          timeoutMs: 60_000,
          signal: wrong.signal,
        });
        const { seen, running } = platform;
        if (seen.unknown.length > 0) {
          add(`asks for what is not there: ${seen.unknown[0]}`);
        }
        if (seen.unauthorized > 0) {
          add('does not say who it is');
        }
        if (
          !seen.uploaded?.equals(await readFile(artifact)) ||
          seen.source?.url !== platform.download ||
          seen.source.checksum !== `SHA256:${sha256}`
        ) {
          add('does not hand over the artifact with its hash');
        }
        const good = behaviour.build === 'succeeded' && behaviour.answers;
        if ((code === 0) !== good) {
          add(`ends with ${code}: ${output.trim().slice(-500)}`);
        }
        const back =
          behaviour.build === 'succeeded' &&
          !behaviour.answers &&
          behaviour.before
            ? [running.id]
            : [];
        if (JSON.stringify(seen.releases) !== JSON.stringify(back)) {
          add(
            `brings back ${JSON.stringify(seen.releases)}; ${JSON.stringify(
              back,
            )} is right`,
          );
        }
        if (
          back.length > 0 !==
          output.includes('the release before it is back')
        ) {
          add(`says something else than it did: ${output.trim().slice(-500)}`);
        }
      } finally {
        platform.close();
      }
      if (findings.length > 0) {
        return findings;
      }
    }
    return findings;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
