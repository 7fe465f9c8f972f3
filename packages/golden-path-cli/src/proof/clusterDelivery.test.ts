import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import { renderTemplate } from '../render/renderTemplate';
import { loadTemplate } from '../template/loadTemplate';
import { cleanEnv } from '../verify/pipeline';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const TOKEN_SECONDS = 300;
const DEADLINE_SECONDS = 300;

/** Time passes where somebody waits, and nowhere else: releases of half an hour are tried in seconds. */
const DATE = `#!/bin/sh
case "$*" in
+%s) cat "$STATE/clock" ;;
*) exec /usr/bin/date "$@" ;;
esac
`;
const SLEEP = `#!/bin/sh
echo "$(($(cat "$STATE/clock") + $1))" >"$STATE/clock"
`;

/** Stands in for GitHub, which gives a token per request; each says when it was given. */
const CURL = `#!/bin/sh
[ ! -f "$STATE/no-token" ] || exit 22
echo "{\\"count\\": 1, \\"value\\": \\"given-$(cat "$STATE/clock")\\"}"
`;

/** Stands in for a cluster: it knows nobody whose token has ended, and a new release is there after a while, or never. */
const KUBECTL = `#!/bin/sh
[ "$1" != kustomize ] || exec echo 'the new release'
now="$(cat "$STATE/clock")"
echo "$now kubectl $*" >>"$STATE/log"
file="$(sed -n 's/.*tokenFile: "\\(.*\\)".*/\\1/p' "$KUBECONFIG")"
stat -c %a "$file" >>"$STATE/modes"
token="$(cat "$file")"
case "$token" in
given-*)
  if [ "$((now - \${token#given-}))" -ge ${TOKEN_SECONDS} ]; then
    echo 'error: You must be logged in to the server (Unauthorized)' >&2
    exit 1
  fi
  ;;
esac
began="$(cat "$STATE/began" 2>/dev/null)"
there() { [ "$now" -ge "$((began + \${READY_AFTER:-60}))" ]; }
case "$*" in
'get --filename'*) cat "$STATE/before" ;;
apply*)
  echo "$now" >"$STATE/began"
  case "$*" in
  *.before)
    [ ! -f "$STATE/back-refused" ] || exit 1
    cp "$STATE/before" "$STATE/runs"
    ;;
  *)
    echo half >"$STATE/runs"
    if [ -f "$STATE/refused" ]; then
      echo 'Error from server (Forbidden): exceeded quota' >&2
      exit 1
    fi
    echo new >"$STATE/runs"
    ;;
  esac
  ;;
'rollout status'*)
  timeout="\${*##*--timeout=}"
  case "$timeout" in
  *m) timeout="$((\${timeout%m} * 60))" ;;
  *s) timeout="\${timeout%s}" ;;
  esac
  until="$((now + timeout))"
  ready="$((began + \${READY_AFTER:-60}))"
  grep -qx new "$STATE/runs" || ready="$now"
  deadline="$((began + ${DEADLINE_SECONDS}))"
  if [ "$ready" -le "$until" ] && [ "$ready" -le "$deadline" ]; then
    [ "$ready" -le "$now" ] || echo "$ready" >"$STATE/clock"
  elif [ "$deadline" -le "$until" ]; then
    [ "$deadline" -le "$now" ] || echo "$deadline" >"$STATE/clock"
    echo 'error: deployment "ledger" exceeded its progress deadline' >&2
    exit 1
  else
    echo "$until" >"$STATE/clock"
    echo 'error: timed out waiting for the condition' >&2
    exit 1
  fi
  ;;
*'get application ledger'*) printf '{"targetRevision":"before"}' ;;
*'patch application'*'--type merge'*)
  echo "$now" >"$STATE/began"
  echo new >"$STATE/runs"
  ;;
*'patch application'*'"value":{"targetRevision":"before"}'*)
  [ ! -f "$STATE/back-refused" ] || exit 1
  echo old >"$STATE/runs"
  ;;
*status.sync.revision*) if there; then printf '%s/Synced/%s' "$GIT_COMMIT" "\${ENDS:-Healthy}"; else printf before/Synced/Healthy; fi ;;
*metadata.generation*) printf 2 ;;
*observedGeneration*) if there; then printf '2/%s' "\${ENDS:-Healthy}"; else printf 2/Progressing; fi ;;
*stableRS*) printf 5d4f ;;
*'type=="Complete"'*) if there; then printf '%s' "\${ENDS:-True/}"; else printf /; fi ;;
'logs '*) echo '{"outcome": "success"}' ;;
'delete job'* | 'create job'*) [ ! -f "$STATE/no-jobs" ] ;;
describe*) [ ! -f "$STATE/no-events" ] ;;
*)
  echo "the stand-in does not know: $*" >&2
  exit 1
  ;;
esac
`;

const PATHS = ['typescript-service', 'event-worker', 'scheduled-job'] as const;

describe('a release to a cluster', () => {
  let renders: string;
  let folder: string;

  beforeAll(async () => {
    renders = await mkdtemp(join(tmpdir(), 'cluster-renders-'));
    for (const path of PATHS) {
      await renderTemplate(
        await loadTemplate(path),
        { name: 'ledger', owner: 'payments', description: 'Keeps balances' },
        join(renders, path),
      );
    }
  }, 120_000);
  afterAll(() => rm(renders, { recursive: true, force: true }));

  const state = (name: string) => join(folder, 'state', name);
  const read = async (name: string) =>
    (await readFile(state(name), 'utf8').catch(() => '')).trim();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cluster-delivery-'));
    for (const name of ['bin', 'state', 'build', 'tmp']) {
      await mkdir(join(folder, name));
    }
    for (const [name, text] of Object.entries({
      date: DATE,
      sleep: SLEEP,
      curl: CURL,
      kubectl: KUBECTL,
    })) {
      await writeFile(join(folder, 'bin', name), text);
      await chmod(join(folder, 'bin', name), 0o755);
    }
    await writeFile(state('clock'), '1000000\n');
    await writeFile(state('before'), 'old\n');
    await writeFile(state('runs'), 'old\n');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function deploy(path: string, env: NodeJS.ProcessEnv = {}) {
    await cp(join(renders, path, 'ci'), join(folder, 'ci'), {
      recursive: true,
    });
    await writeFile(join(folder, 'VERSION'), '1.0.0\n');
    const artifact = `build/ledger-1.0.0-${COMMIT.slice(0, 12)}.tar.gz`;
    await writeFile(join(folder, artifact), 'the artifact');
    // What is signed, and by whom, is tried in supplyChain.test.ts.
    await writeFile(
      join(folder, 'ci/verify-signature.sh'),
      '#!/bin/sh\nexit 0\n',
    );
    const { stdout } = await run(
      'openssl',
      ['dgst', '-sha256', '-r', artifact],
      {
        cwd: folder,
      },
    );
    await writeFile(
      join(folder, 'build/image.env'),
      `IMAGE_ARTIFACT=${stdout.split(' ')[0]}
IMAGE_REPOSITORY=registry.example.com/ledger
IMAGE_DIGEST=sha256:${'0'.repeat(64)}
`,
    );
    const result = await run('ci/deploy-kubernetes.sh', ['staging'], {
      cwd: folder,
      env: cleanEnv({
        CI: 'true',
        GIT_COMMIT: COMMIT,
        STATE: join(folder, 'state'),
        TMPDIR: join(folder, 'tmp'),
        PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
        DEPLOY_TARGET: 'kubernetes',
        CLUSTER_API_SERVER: 'https://cluster.example.com',
        CLUSTER_CA_CERTIFICATE: 'Y2E=',
        SERVICE_URL: 'https://ledger.example.com',
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://ci.example.com/token?v=1',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
        ...env,
      }),
      timeoutMs: 120_000,
    });
    return {
      ...result,
      runs: await read('runs'),
      waited: Number(await read('clock')) - 1_000_000,
      deployed: await stat(join(folder, 'build/deployments/staging.env')).then(
        () => true,
        () => false,
      ),
    };
  }

  const CANARY = { DELIVERY_STRATEGY: 'canary' };
  const GITOPS = { GITOPS: 'true' };

  it.each([
    ['a rolling one', 'typescript-service', { READY_AFTER: '250' }],
    ['a canary', 'typescript-service', { ...CANARY, READY_AFTER: '700' }],
    ['one of Argo CD', 'typescript-service', { ...GITOPS, READY_AFTER: '700' }],
    ['a worker', 'event-worker', { READY_AFTER: '100' }],
    ['a job', 'scheduled-job', { READY_AFTER: '580' }],
    [
      'one with a token of its own',
      'scheduled-job',
      { READY_AFTER: '500', CLUSTER_ID_TOKEN: 'for-the-job' },
    ],
  ])(
    '%s ends well, however long it takes',
    async (_, path, env) => {
      const result = await deploy(path, env);
      expect(result).toMatchObject({ code: 0, runs: 'new', deployed: true });
      expect(result.output).not.toContain('Unauthorized');
      expect(result.waited).toBeGreaterThanOrEqual(Number(env.READY_AFTER));
      // The token is its owner's to read, and does not stay.
      expect(new Set((await read('modes')).split('\n'))).toEqual(
        new Set(['600']),
      );
      expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    },
    60_000,
  );

  it.each([
    [
      'stalls',
      'typescript-service',
      { READY_AFTER: '9999' },
      /did not become ready in staging; the release before it is back/,
    ],
    [
      'is measured as bad',
      'typescript-service',
      { ...CANARY, READY_AFTER: '600', ENDS: 'Degraded' },
      /did not stand its analysis in staging; the release before it serves/,
    ],
    [
      'Argo CD finds bad',
      'typescript-service',
      { ...GITOPS, READY_AFTER: '600', ENDS: 'Degraded' },
      /did not get staging to .*, and was told to go back/,
    ],
    [
      'stalls',
      'event-worker',
      { READY_AFTER: '9999' },
      /does not work in staging; the release before it is back/,
    ],
    [
      'passes no event',
      'event-worker',
      { READY_AFTER: '110', ENDS: '/True' },
      /does not work in staging; the release before it is back/,
    ],
    [
      'never ends',
      'scheduled-job',
      { READY_AFTER: '9999' },
      /did not run in staging; what was there before it is back/,
    ],
  ])(
    'that %s is taken back: %s',
    async (_, path, env, says) => {
      await writeFile(state('no-events'), '');
      const result = await deploy(path, env);
      expect(result).toMatchObject({ code: 1, runs: 'old', deployed: false });
      expect(result.output).toMatch(says);
      expect(result.output).not.toContain('Unauthorized');
    },
    60_000,
  );

  it('tells a run that failed at once', async () => {
    const result = await deploy('scheduled-job', { ENDS: '/True' });
    expect(result).toMatchObject({ code: 1, runs: 'old' });
    expect(result.waited).toBeLessThan(90);
  });

  it('says so where Argo CD cannot be told to go back', async () => {
    await writeFile(state('back-refused'), '');
    const result = await deploy('typescript-service', {
      ...GITOPS,
      ENDS: 'Degraded',
    });
    expect(result).toMatchObject({ code: 1, runs: 'new', deployed: false });
    expect(result.output).toMatch(/could not be told to go back: somebody has/);
  });

  describe.each([
    ['typescript-service', {}],
    ['typescript-service', CANARY],
    ['event-worker', {}],
    ['scheduled-job', {}],
  ])('that the cluster refuses half-way: %s %j', (path, env) => {
    beforeEach(() => writeFile(state('refused'), ''));

    it('is taken back', async () => {
      const result = await deploy(path, env);
      expect(result).toMatchObject({ code: 1, runs: 'old', deployed: false });
      expect(result.output).toMatch(
        /the cluster refused part of 1\.0\.0\+0123456789ab in staging; .* back\n$/,
      );
    });

    it('says so where nothing ran before', async () => {
      await writeFile(state('before'), '');
      const result = await deploy(path, env);
      expect(result).toMatchObject({ code: 1, runs: 'half' });
      expect(result.output).toMatch(/first release there: nothing to bring/);
    });

    it('says so where it cannot be taken back', async () => {
      await writeFile(state('back-refused'), '');
      const result = await deploy(path, env);
      expect(result).toMatchObject({ code: 1, runs: 'half' });
      expect(result.output).toMatch(/could not be brought back: somebody has/);
      expect((await read('log')).match(/apply .*\.before$/gm)).toHaveLength(3);
    });
  });

  it.each(['event-worker', 'scheduled-job'])(
    'is taken back where it cannot be tried: %s',
    async path => {
      await writeFile(state('no-jobs'), '');
      expect(await deploy(path)).toMatchObject({ code: 1, runs: 'old' });
    },
  );

  it('is not begun without a token', async () => {
    await writeFile(state('no-token'), '');
    const result = await deploy('typescript-service');
    expect(result).toMatchObject({ code: 1, runs: 'old' });
    expect(result.output).toContain('gave no OIDC token');
    expect(await read('log')).toBe('');
  });
});
