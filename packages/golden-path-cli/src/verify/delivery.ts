import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listFiles } from '../lib/files';
import { run } from '../lib/run';
import { cleanEnv, stopDeployments } from './pipeline';
import { type Finding, type Outcome, outcome } from './types';

/**
 * A release that looks well and is not: alive, ready, the right version, and every user's request fails; with a number, only those
 * after so many. It stands for whatever a service of any language may do wrong.
 */
const BAD_SERVICE = `import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
writeFileSync('bad.pid', String(process.pid));
let left = Number(process.argv[2]);
createServer((request, response) => {
  const platform = /^\\/(healthz|readyz|metrics)/.test(request.url);
  const good = platform || left-- > 0;
  response.writeHead(good ? 200 : 500).end('{"status":"ok"}');
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

/** What a release is replaced by: text of \`start\`, and what must become of it. */
type Release = { name: string; start?: string; accepted: boolean };

const badStart = (good: number) =>
  `#!/bin/sh\ncd "$(dirname "$0")" && exec "${process.execPath}" bad.mjs ${good}\n`;

/** The releases a strategy is tried with, in order; the first one is what the pipeline built. */
export function releasesFor(strategy: string): Release[] {
  const dead = {
    name: 'one that never gets ready',
    start: '#!/bin/sh\nexit 1\n',
    accepted: false,
  };
  const failing = {
    name: 'one that fails its users',
    start: badStart(0),
    accepted: false,
  };
  const late = {
    name: 'one that fails after the switch',
    start: badStart(20),
    accepted: false,
  };
  const good = { name: 'the next good one', accepted: true };
  return [
    { name: 'the first one', accepted: true },
    dead,
    ...(strategy === 'rolling' ? [] : [failing]),
    ...(strategy === 'blue-green' ? [late] : []),
    good,
  ];
}

/** Packs another release under the name of the commit's artifact and signs it, as a pipeline would have. */
async function makeRelease(
  clone: string,
  artifact: string,
  release: Release,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const folder = await mkdtemp(join(dirname(clone), 'release-'));
  try {
    const archive = join(clone, 'build', artifact);
    const script = [
      'set -e',
      'echo "$4" >"$2/NOTE"',
      // A bad release is all its own: it needs nothing of what the pipeline built. A good one is that, and a note: nothing is unpacked for it.
      'if [ -n "$3" ]; then cp "$3"/* "$2"/; else gzip -dc "$1" >"$2.tar"; fi',
      'tar --append --file="$2.tar" --directory="$2" .',
      'gzip -1 <"$2.tar" >"$1"',
      'rm "$2.tar"',
      'printf "%s  %s\\n" "$(openssl dgst -sha256 -r "$1" | cut -d " " -f 1)" "$5" >"$1.sha256"',
      'exec ci/sign.sh',
    ].join('\n');
    const additions = await mkdtemp(join(dirname(clone), 'additions-'));
    if (release.start) {
      await writeFile(join(additions, 'bad.mjs'), BAD_SERVICE);
      await writeFile(join(additions, 'start'), release.start);
      await chmod(join(additions, 'start'), 0o755);
    }
    const result = await run(
      'bash',
      [
        '-c',
        script,
        'release',
        archive,
        folder,
        release.start ? additions : '',
        release.name,
        artifact,
      ],
      { cwd: clone, env, timeoutMs: 60_000 },
    );
    await rm(additions, { recursive: true, force: true });
    if (result.code !== 0) {
      throw new Error(`no release could be made: ${result.output.trim()}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const deployedUrl = async (clone: string) =>
  /^DEPLOYMENT_URL=(.*)$/m.exec(
    await readFile(join(clone, 'build/deployments/staging.env'), 'utf8').catch(
      () => '',
    ),
  )?.[1] ?? '';

const ready = (url: string) =>
  fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) })
    .then(response => response.ok)
    .catch(() => false);

/** What the service's folder remembers of what is current. */
const currentFile = (root: string, folder: string) =>
  join(root, folder, 'staging/current.env');

const hasEnded = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null;

/** Leaves what a release that ended long ago has left: its process's number is somebody else's by now, and nothing answers at its address. */
async function rememberEnded(
  clone: string,
  deployRoot: string,
  pid: number,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { stdout } = await run(
    'bash',
    ['-c', '. ci/lib.sh && echo "$SERVICE_NAME"'],
    { cwd: clone, env, timeoutMs: 10_000 },
  );
  const file = currentFile(deployRoot, stdout.trim());
  await mkdir(dirname(file), { recursive: true });
  const lines = [
    `current_pid=${pid}`,
    'current_start=1',
    'current_url=http://127.0.0.1:1',
    'current_digest=0',
    'current_since=2026-01-01T00:00:00Z',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
}

/**
 * Brings releases out on this machine the way a strategy says: the good ones must take over and end the one before, the bad ones must be
 * refused, leave nothing running, and let what ran before serve on. Somebody else's process, whose number is that of one that ran before,
 * must live on. The clone must have been built and signed. `untilFirst`: no release after one that was wrong.
 */
export async function executeDelivery(
  clone: string,
  strategy: string,
  options: { untilFirst?: boolean } = {},
): Promise<Outcome> {
  const findings: Finding[] = [];
  const deployRoot = join(dirname(clone), `delivery-${strategy}`);
  const env = cleanEnv({
    CI: 'true',
    DEPLOY_ROOT: deployRoot,
    DELIVERY_STRATEGY: strategy,
    LOCAL_DEPLOY_SECONDS: '900',
  });
  const built = await readdir(join(clone, 'build'));
  const artifact = built.find(f => f.endsWith('.tar.gz'));
  if (!artifact) {
    return outcome([{ where: 'build', message: 'holds no artifact' }]);
  }
  const kept = await mkdtemp(join(dirname(clone), 'kept-'));
  const files = built.filter(f =>
    f.startsWith(artifact.replace('.tar.gz', '')),
  );
  for (const file of files) {
    await copyFile(join(clone, 'build', file), join(kept, file));
  }
  const restore = async () => {
    for (const file of files) {
      await copyFile(join(kept, file), join(clone, 'build', file));
    }
  };
  let serving = '';
  const other = spawn('sleep', ['600'], { stdio: 'ignore' });
  try {
    await rememberEnded(clone, deployRoot, other.pid!, env);
    for (const [index, release] of releasesFor(strategy).entries()) {
      if (options.untilFirst && findings.length > 0) {
        break;
      }
      await restore();
      if (index > 0) {
        await makeRelease(clone, artifact, release, env);
      }
      const { code, output } = await run('ci/deploy.sh', ['staging'], {
        cwd: clone,
        env,
        timeoutMs: 120_000,
      });
      const add = (message: string) =>
        findings.push({ where: `${strategy}: ${release.name}`, message });
      if (release.accepted) {
        const url = await deployedUrl(clone);
        if (code !== 0 || !(await ready(url))) {
          add(`does not take over:\n${output.trim().slice(-1000)}`);
        } else if (serving && serving !== url && (await ready(serving))) {
          add('takes over and leaves the one before running');
        }
        serving = url;
        if (hasEnded(other)) {
          add('ends a process that is not its own');
        }
      } else {
        if (code === 0) {
          add('is delivered all the same');
        }
        if (!(await ready(serving))) {
          add('took what ran before with it');
        }
        const current = await readFile(
          currentFile(deployRoot, await onlyFolder(deployRoot)),
          'utf8',
        ).catch(() => '');
        if (!current.includes(`current_url=${serving}\n`)) {
          add('is what requests are sent to');
        }
        if (await runsOn(deployRoot)) {
          add('runs on');
        }
      }
    }
    if (findings.length === 0) {
      // Another process by that number, as if the release had ended long ago; then the release itself.
      const file = currentFile(deployRoot, await onlyFolder(deployRoot));
      const current = await readFile(file, 'utf8');
      await writeFile(
        file,
        current.replace(/^current_pid=.*$/m, `current_pid=${other.pid}`),
      );
      const { code, output } = await run('ci/stop.sh', ['staging'], {
        cwd: clone,
        env,
        timeoutMs: 60_000,
      });
      if (code !== 0 || hasEnded(other)) {
        findings.push({
          where: 'ci/stop.sh',
          message: `ends a process that is not its own: ${output.trim()}`,
        });
      }
      await writeFile(file, current);
      await stopDeployments(clone, deployRoot);
      if (await ready(serving)) {
        findings.push({
          where: 'ci/stop.sh',
          message: 'leaves the release running',
        });
      }
    }
  } finally {
    other.kill('SIGKILL');
    await restore();
    await stopDeployments(clone, deployRoot);
  }
  return outcome(findings);
}

/** The service's folder below the root of deployments. */
async function onlyFolder(root: string): Promise<string> {
  return (await readdir(root))[0] ?? '';
}

/** Whether a refused release still runs; each left its process id in its folder. */
async function runsOn(deployRoot: string): Promise<boolean> {
  const left = (await listFiles(deployRoot)).filter(f =>
    f.endsWith('/bad.pid'),
  );
  const ids = await Promise.all(
    left.map(async f => Number(await readFile(join(deployRoot, f), 'utf8'))),
  );
  return ids.some(id => {
    try {
      return process.kill(id, 0);
    } catch {
      return false;
    }
  });
}
