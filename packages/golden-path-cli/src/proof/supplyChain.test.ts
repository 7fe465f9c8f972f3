import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import { cleanEnv } from '../verify/pipeline';

/** The platform's own scripts: what no render changes. */
const PLATFORM = join(__dirname, '../../../../templates/platform');
const SCRIPTS = [
  'ci/scripts/ci/lib.sh',
  'ci/scripts/ci/sign.sh',
  'ci/scripts/ci/verify-signature.sh',
  'delivery/image/ci/push-image.sh',
  'delivery/image/ci/read-image.sh',
  'delivery/kubernetes/ci/image.sh',
];

const SETTINGS = `: "\${SERVICE_NAME:=ledger}"
: "\${DEPLOY_TARGET:=local}"
for name in COMPONENT_REF SERVICE_PORT SLO_AVAILABILITY_PERCENT SLO_LATENCY_PERCENT SLO_LATENCY_SECONDS PORTAL_URL DELIVERY_STRATEGY SYNTHETIC_PATH; do
  export "$name="
done
`;

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const ARTIFACT = `build/ledger-1.0.0-${COMMIT.slice(0, 12)}.tar.gz`;

/** Stands in for docker: a registry is a file that holds the digest of the one tag that was pushed. */
const DOCKER = `#!/bin/sh
echo "docker $*" >>"$STATE/log"
case "$*" in
# As docker does: who writes the password must not find that nobody reads it.
*--password-stdin*) cat >/dev/null ;;
*'imagetools inspect'*) grep "^$4 " "$STATE/tags" 2>/dev/null | cut -d ' ' -f 2 | grep . ;;
*'buildx create'*) echo builder ;;
*'buildx build'*)
  digest="sha256:$(wc -l <"$STATE/log" | xargs printf '%064d')"
  for word; do
    case "$before" in
    --metadata-file) echo "{\\"containerimage.digest\\": \\"$digest\\"}" >"$word" ;;
    --tag) echo "$word $digest" >>"$STATE/tags" ;;
    esac
    before="$word"
  done
  ;;
esac
`;

/** Stands in for cosign: it remembers which image was signed with which annotation, and finds no other. It has no Sigstore. */
const COSIGN = `#!/bin/sh
echo "cosign $*" >>"$STATE/log"
for word; do
  case "$word" in artifact=*) annotation="$word" ;; esac
  last="$word"
done
case "$1" in
sign) echo "$annotation $last" >>"$STATE/signed" ;;
verify) grep -qxF "$annotation $last" "$STATE/signed" ;;
verify-blob) grep -qxF -- "$*" "$STATE/blobs" ;;
esac
`;

const GRYPE = `#!/bin/sh
echo "grype $*" >>"$STATE/log"
[ ! -f "$STATE/vulnerable" ]
`;

describe('who signs, and what is deployed', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;

  const state = (name: string) => join(folder, 'state', name);
  const sh = async (script: string, extra: NodeJS.ProcessEnv = {}) =>
    run('bash', ['-c', script], {
      cwd: folder,
      env: { ...env, ...extra },
      timeoutMs: 30_000,
    });
  const log = () => readFile(state('log'), 'utf8').catch(() => '');

  const install = async (name: string, text: string) => {
    await writeFile(join(folder, 'bin', name), text);
    await chmod(join(folder, 'bin', name), 0o755);
  };

  const build = async (content: string) => {
    const made = await sh(
      `printf '%s' "${content}" >${ARTIFACT}
       openssl dgst -sha256 -r ${ARTIFACT} | cut -d ' ' -f 1 >${ARTIFACT}.sha256`,
    );
    expect(made.output).toBe('');
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'supply-chain-'));
    for (const name of ['ci', 'build', 'bin', 'state']) {
      await mkdir(join(folder, name));
    }
    for (const script of SCRIPTS) {
      const to = join(folder, 'ci', script.split('/').pop() ?? '');
      await copyFile(join(PLATFORM, script), to);
      await chmod(to, 0o755);
    }
    await writeFile(join(folder, 'ci/service.env'), SETTINGS);
    await writeFile(join(folder, 'VERSION'), '1.0.0\n');
    await install('docker', DOCKER);
    await install('cosign', COSIGN);
    env = cleanEnv({
      CI: 'true',
      GIT_COMMIT: COMMIT,
      STATE: join(folder, 'state'),
      PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
    });
    await build('the artifact');
    const key = await sh('openssl genpkey -algorithm ed25519');
    env.SIGNING_KEY = key.stdout;
    const made = await sh('openssl pkey -pubout <<<"$SIGNING_KEY"');
    await writeFile(join(folder, 'signing.pub'), made.stdout);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const CLUSTER = { DEPLOY_TARGET: 'kubernetes' };
  const BY_ANYBODY = { SIGNING_KEY: '' };

  it("takes what the repository's key signed", async () => {
    expect((await sh('ci/sign.sh', CLUSTER)).code).toBe(0);
    const verified = await sh('ci/verify-signature.sh', CLUSTER);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.output).toContain('signed by signing.pub');
  });

  it('never leaves the key in the workspace or in the log', async () => {
    const { output } = await sh('ci/sign.sh', CLUSTER);
    const [, secret] = String(env.SIGNING_KEY).split('\n');
    expect(output).not.toContain(secret);
    expect((await sh(`grep -rF '${secret}' . `)).code).toBe(1);
  });

  it('refuses an artifact that somebody else replaced and signed', async () => {
    await sh('ci/sign.sh', CLUSTER);
    await build('another');
    await sh('ci/sign.sh', BY_ANYBODY);
    const verified = await sh('ci/verify-signature.sh', CLUSTER);
    expect(verified.code).toBe(1);
    expect(verified.output).toContain('this repository did not sign it');
  });

  it("refuses an older artifact under this commit's name", async () => {
    await sh(
      `ci/sign.sh && sed -i s/${COMMIT}/${'f'.repeat(
        40,
      )}/ build/*.provenance.json && ci/sign.sh build/*.provenance.json`,
    );
    const verified = await sh('ci/verify-signature.sh', CLUSTER);
    expect(verified.code).toBe(1);
    expect(verified.output).toContain('speaks of another artifact');
  });

  it('takes a key of the run for local deployments alone', async () => {
    await rm(join(folder, 'signing.pub'));
    await sh('ci/sign.sh', BY_ANYBODY);
    expect((await sh('ci/verify-signature.sh')).code).toBe(0);
    const verified = await sh('ci/verify-signature.sh', CLUSTER);
    expect(verified.code).toBe(1);
    expect(verified.output).toContain('nothing says who may sign');
  });

  it('signs with no key but that of the repository', async () => {
    const key = await sh('openssl genpkey -algorithm ed25519');
    const signed = await sh('ci/sign.sh', { SIGNING_KEY: key.stdout });
    expect(signed.code).toBe(1);
    expect(signed.output).toContain('does not belong to signing.pub');
  });

  describe('where Sigstore signs', () => {
    const GITHUB = {
      ...CLUSTER,
      ...BY_ANYBODY,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/ledger',
    };
    const asked = (file: string) =>
      `verify-blob --bundle ${file}.sigstore.json --certificate-identity https://github.com/acme/ledger/.github/workflows/delivery.yml@refs/heads/main --certificate-oidc-issuer https://token.actions.githubusercontent.com ${file}\n`;

    beforeEach(async () => {
      await rm(join(folder, 'signing.pub'));
      await sh('ci/sign.sh', BY_ANYBODY);
      await sh(
        `for f in ${ARTIFACT} build/*.provenance.json; do touch "$f.sigstore.json"; done`,
      );
    });

    it("asks for the workflow's certificate, whatever lies beside the artifact", async () => {
      const provenance = ARTIFACT.replace('.tar.gz', '.provenance.json');
      await writeFile(state('blobs'), asked(ARTIFACT) + asked(provenance));
      expect((await sh('ci/verify-signature.sh', GITHUB)).code).toBe(0);
      await writeFile(state('blobs'), asked(ARTIFACT));
      const verified = await sh('ci/verify-signature.sh', GITHUB);
      expect(verified.code).toBe(1);
      expect(verified.output).toContain('not signed by https://github.com/');
    });

    it('refuses all where it cannot ask', async () => {
      await rm(join(folder, 'bin/cosign'));
      const verified = await sh('ci/verify-signature.sh', GITHUB);
      expect(verified.code).toBe(1);
      expect(verified.output).toContain('cosign is not installed');
    });

    it('refuses what has no bundle', async () => {
      await sh('rm build/*.sigstore.json');
      expect((await sh('ci/verify-signature.sh', GITHUB)).code).toBe(1);
    });
  });

  describe('an image', () => {
    const REGISTRY = {
      ...CLUSTER,
      REGISTRY: 'registry.example.com',
      REGISTRY_USER: 'somebody',
      REGISTRY_PASSWORD: 'hunter2',
      IMAGE_REPOSITORY: 'registry.example.com/Acme/Ledger',
    };
    const READ =
      '. ci/lib.sh && . ci/read-image.sh && echo "$IMAGE_REPOSITORY@$IMAGE_DIGEST"';

    beforeEach(async () => {
      await install('grype', GRYPE);
      await sh('ci/sign.sh', CLUSTER);
    });

    it('is signed, scanned, and the one that is deployed', async () => {
      const pushed = await sh('ci/image.sh', REGISTRY);
      expect(pushed).toMatchObject({ code: 0 });
      const said = await log();
      const [, digest] = /grype registry:\S+@(\S+)/.exec(said) ?? [];
      expect(said).toContain(
        `grype registry:registry.example.com/acme/ledger@${digest} --only-fixed --fail-on high`,
      );
      expect(said).toMatch(
        new RegExp(
          `cosign sign .*registry\\.example\\.com/acme/ledger@${digest}`,
        ),
      );
      expect((await sh(READ, { ...CLUSTER, ...BY_ANYBODY })).stdout).toContain(
        `registry.example.com/acme/ledger@${digest}`,
      );
    });

    it('stops the line with what could be mended', async () => {
      await writeFile(state('vulnerable'), '');
      const pushed = await sh('ci/image.sh', REGISTRY);
      expect(pushed.code).toBe(1);
      expect((await sh('test -f build/image.env')).code).toBe(1);
    });

    it('says that nothing scanned it', async () => {
      await rm(join(folder, 'bin/grype'));
      const pushed = await sh('ci/image.sh', REGISTRY);
      expect(pushed.code).toBe(75);
      expect(pushed.output).toContain('NOT RUN: the scan of the image');
      expect((await sh(READ, { ...CLUSTER, ...BY_ANYBODY })).code).toBe(0);
    });

    it('is not pushed where it could not be signed', async () => {
      await rm(join(folder, 'bin/cosign'));
      expect((await sh('ci/image.sh', REGISTRY)).code).toBe(1);
      expect(await log()).not.toContain('buildx build');
    });

    it('is used again when the pipeline runs again, if it is ours', async () => {
      await sh('ci/image.sh', REGISTRY);
      expect((await sh('ci/image.sh', REGISTRY)).code).toBe(0);
      expect((await log()).match(/buildx build/g)).toHaveLength(1);
      // Somebody pushed the tag: a registry that takes each once keeps it.
      await rm(state('signed'));
      expect((await sh('ci/image.sh', REGISTRY)).code).toBe(0);
      expect((await log()).match(/--tag \S+/g)).toEqual([
        `--tag registry.example.com/acme/ledger:${COMMIT.slice(0, 12)}`,
        expect.stringMatching(/^--tag \S+:0123456789ab-\d{14}$/),
      ]);
    });

    it('is refused when it is another than was signed', async () => {
      await sh('ci/image.sh', REGISTRY);
      await sh('sed -i s/sha256:0/sha256:1/ build/image.env');
      const read = await sh(READ, { ...CLUSTER, ...BY_ANYBODY });
      expect(read.code).toBe(1);
      expect(read.output).toContain('this repository did not sign it');
    });

    it('is refused when it was made of another artifact', async () => {
      await sh('ci/image.sh', REGISTRY);
      await build('another');
      const read = await sh(READ, { ...CLUSTER, ...BY_ANYBODY });
      expect(read.code).toBe(1);
      expect(read.output).toContain('speaks of another artifact');
    });
  });
});
